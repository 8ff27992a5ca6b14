import type { ServerResponse } from 'node:http';
import { startTimer, type Timer } from '../../shared/clock.ts';

/** One server-sent event. */
export interface ServerSentEvent {
  readonly name?: string;
  readonly id?: string;
  /** Data of the event. May contain any text; clients receive each line break as `\n`. */
  readonly data: string;
}

export interface EventWriterOptions {
  /** Time that a client waits before it reconnects, in milliseconds; null to leave that to the client. */
  readonly retryMs: number | null;
  /**
   * Interval of the comments that are sent so that no proxy closes an idle stream, in milliseconds; null for no
   * comments.
   */
  readonly keepAliveMs: number | null;
  /** Maximum bytes that a client may leave unread before it is disconnected. */
  readonly maxUnreadBytes: number;
  /**
   * Called with the client's unread bytes. Returns false if all clients together have too many unread bytes; this
   * client is then disconnected. Null or left out if there is no common limit.
   */
  readonly mayLeave?: ((unreadBytes: number) => boolean) | null;
}

/**
 * Writes server-sent events to one HTTP response (HTML Living Standard, section 9.2). The constructor writes the head.
 * After that, only this object may write to the response.
 */
export class EventWriter {
  readonly #response: ServerResponse;
  readonly #options: EventWriterOptions;
  #timer: Timer | null = null;

  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, options: EventWriterOptions) {
    this.#response = response;
    this.#options = options;
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    response.once('close', () => {
      this.#timer?.cancel();
      options.mayLeave?.(0);
    });
    if (options.mayLeave != null) response.on('drain', () => options.mayLeave?.(0));
    if (options.retryMs !== null) response.write(`retry: ${options.retryMs}\n\n`);
    this.#keepAlive();
  }

  /** Whether the client has not yet read everything that was written. */
  get isBehind(): boolean {
    return this.#response.writableNeedDrain;
  }

  /** Sends an event. Returns false, and disconnects the client, if the client has left too many bytes unread. */
  send(event: ServerSentEvent): boolean {
    const { maxUnreadBytes, mayLeave } = this.#options;
    const unread = this.#response.writableLength;
    if (unread > maxUnreadBytes || mayLeave?.(unread) === false) {
      // A client that does not read must neither slow down other clients nor fill the memory of the process.
      this.#response.destroy();
      return false;
    }
    this.#response.write(formatEvent(event));
    return true;
  }

  /**
   * Starts an event whose data is JSON that arrives in pieces. Nothing else may be sent until {@link endPieces} is
   * called.
   */
  beginPieces(name: string, start: string): void {
    this.#timer?.cancel();
    this.#response.write(`event: ${name}\ndata: ${start}`);
  }

  /** Writes a piece of JSON. Returns false if the caller should wait for the response to drain. */
  piece(chunk: Buffer): boolean {
    return this.#response.write(onOneLine(chunk));
  }

  /** Ends the event that {@link beginPieces} started, and the stream. */
  endPieces(end: string): void {
    this.#response.end(`${end}\n\n`);
  }

  /** Ends the stream, after a last event if one is given. */
  end(last: ServerSentEvent | null = null): void {
    this.#timer?.cancel();
    this.#response.end(last === null ? undefined : formatEvent(last));
  }

  #keepAlive(): void {
    const { keepAliveMs } = this.#options;
    if (keepAliveMs === null) return;
    this.#timer = startTimer(keepAliveMs, () => {
      this.#response.write(': still there\n\n');
      this.#keepAlive();
    });
  }
}

function formatEvent({ name, id, data }: ServerSentEvent): string {
  // Most data is JSON without line breaks, and a plain search for them is much faster than a regular expression.
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n|\r|\n/) : [data];
  const fields = [
    ...(id === undefined ? [] : [`id: ${withoutBreaks(id)}`]),
    ...(name === undefined ? [] : [`event: ${withoutBreaks(name)}`]),
    ...lines.map((line) => `data: ${line}`),
  ];
  return `${fields.join('\n')}\n\n`;
}

/**
 * Replaces line breaks and NUL. A line break would start another field, and a NUL would make clients ignore an event
 * id.
 */
function withoutBreaks(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ');
}

/**
 * Replaces the line breaks in JSON. They have no meaning between JSON values, and cannot occur inside of JSON strings.
 */
function onOneLine(chunk: Buffer): Buffer {
  if (!chunk.includes(0x0a) && !chunk.includes(0x0d)) return chunk;
  const line = Buffer.from(chunk);
  for (let at = 0; at < line.length; at += 1) if (line[at] === 0x0a || line[at] === 0x0d) line[at] = 0x20;
  return line;
}
