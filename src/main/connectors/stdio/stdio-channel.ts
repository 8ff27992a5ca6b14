import { asJson, type JsonObject } from '../../mcp/json-rpc.ts';
import { ClosedConnection } from '../connection/failure.ts';
import { LostUnderRequest } from '../connection/network-failure.ts';
import type { ChannelRequestOptions, MessageChannel } from '../messages/message-channel.ts';
import { type MessageEvents, PendingRequests } from '../messages/pending-requests.ts';
import { modernEnvelope, NO_META, type RequestMeta, withMeta } from '../messages/request-meta.ts';
import type { StdioTransport } from './stdio-transport.ts';

/**
 * JSON-RPC over the standard streams of a process, one message per line (MCP 2025-11-25 and 2026-07-28, transports:
 * stdio). All requests share one stream, so in both protocol generations a request is cancelled by a notification.
 */
export class StdioChannel implements MessageChannel {
  readonly #transport: Pick<StdioTransport, 'send'>;
  readonly #requests: PendingRequests;
  readonly #envelope: JsonObject;
  #isModern = false;
  #isEnded = false;

  constructor(transport: Pick<StdioTransport, 'send'>, capabilities: JsonObject, events: MessageEvents) {
    this.#transport = transport;
    this.#requests = new PendingRequests(events);
    this.#envelope = modernEnvelope(capabilities);
  }

  get isModern(): boolean {
    return this.#isModern;
  }

  speak(era: 'modern' | 'legacy'): void {
    this.#isModern = era === 'modern';
  }

  async request(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject> {
    const { signal, onProgress, host } = options;
    signal?.throwIfAborted();
    if (this.#isEnded) throw new ClosedConnection();
    const id = this.#requests.nextId();
    const meta = { progressToken: onProgress === undefined ? null : id, capabilities: host?.capabilities ?? null };
    const line = this.#line(id, method, params, meta);
    const pending = this.#requests.add(id, signal, options, () => this.#cancel(id));
    this.#transport.send(line).catch((error: unknown) => pending.reject(error));
    return pending.answer;
  }

  async notify(method: string, params: JsonObject): Promise<void> {
    await this.#transport.send(this.#line(null, method, params, NO_META));
  }

  async answer(id: string | number, answer: JsonObject): Promise<void> {
    await this.#transport.send(asLine({ jsonrpc: '2.0', id, ...answer }));
  }

  /** Processes a parsed line of the server. In MCP 2025-03-26, a line may contain an array of messages. */
  take(value: unknown): void {
    if (Array.isArray(value)) for (const message of value) this.#requests.take(message, null);
    else this.#requests.take(value, null);
  }

  /** Rejects every pending request with `reason`, because the process has ended. */
  end(reason: Error): void {
    this.#isEnded = true;
    // A request that was already written may have run. A ClosedConnection would wrongly say that it was not sent.
    this.#requests.endAll(reason instanceof ClosedConnection ? new LostUnderRequest(reason) : reason);
  }

  #line(id: number | null, method: string, params: JsonObject, meta: RequestMeta): string {
    const whole = withMeta(params, this.#isModern ? this.#envelope : null, meta);
    return asLine({ jsonrpc: '2.0', ...(id !== null && { id }), method, params: whole });
  }

  #cancel(requestId: number): void {
    if (this.#isEnded) return;
    this.notify('notifications/cancelled', { requestId, reason: 'The caller cancelled the request' }).catch(() => {
      // The error is ignored. Without the notification, the server merely does work that nobody needs.
    });
  }
}

function asLine(message: JsonObject): string {
  return `${asJson(message)}\n`;
}
