import type { Transport } from '@modelcontextprotocol/client';
import { recordStray } from '../../observability/instruments.ts';

/** Counts answers that nobody waits for, which the SDK's client ignores by itself. To be called before the client connects. */
export function countStrays(transport: Transport): void {
  const waiting = new Set<unknown>();
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if ('method' in message && 'id' in message) waiting.add(message.id);
    // The answer to a request that was given up may still come, or never.
    if ('method' in message && message.method === 'notifications/cancelled') waiting.delete(message.params?.requestId);
    return send(message, options);
  };
  transport.onmessage = (message) => {
    if (!('method' in message) && !waiting.delete(message.id)) recordStray();
  };
}
