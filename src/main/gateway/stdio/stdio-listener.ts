import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { LineSplitter } from '../../connectors/stdio/line-splitter.ts';
import { resumeClient } from './resume-client.ts';
import { MAX_UNREAD_BYTES, StdioClient, type StdioOptions } from './stdio-client.ts';

/**
 * Serves one client over standard streams, one message on each line (MCP 2025-06-18 and 2026-07-28, transports: stdio).
 * Each request determines its own protocol generation. Resolves when the client closes its end or exceeds the maximum
 * message size; requests in flight are then aborted.
 */
export async function serveStdio(options: StdioOptions): Promise<void> {
  const client = new StdioClient(options);
  const lines = new LineSplitter(options.maxMessageBytes);
  const forget = options.gateway.addSessions(
    () => (client.session === null ? [] : [client.session]),
    () => client.capabilities,
  );
  try {
    if (options.first != null) await resumeClient(client, options.first, options);
    for await (const chunk of options.input)
      for (const line of lines.push(chunk)) {
        if (line === null) return client.refuse(`A message must have at most ${options.maxMessageBytes} bytes`);
        // While the client does not read its responses, its messages are not read.
        if (options.output.writableLength > MAX_UNREAD_BYTES) await drained(options.output);
        if (typeof line !== 'string' || line.trim() !== '') client.take(line);
      }
  } finally {
    forget();
    client.close();
  }
}

/** Resolves once everything written has been read, or the stream has closed. */
async function drained(output: Writable): Promise<void> {
  await Promise.race([once(output, 'drain'), once(output, 'close')]).catch(() => {});
}
