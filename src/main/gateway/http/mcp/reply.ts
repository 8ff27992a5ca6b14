import type { IncomingMessage, ServerResponse } from 'node:http';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import type { ResultSink } from '../../../connectors/connection/connection.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { RequestId } from '../../messages/exchange.ts';
import type { Backlog } from './backlog.ts';

/** How often a stream says that it is still there, and after how long an answer that is not there yet begins as one, so that nothing in between takes it for dead. */
const KEEP_ALIVE_MS = 15_000;

/** What a client that does not read may leave lying here. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

const BRACE = 0x7b;

/** The answer to one HTTP request: JSON, or a stream of events if anything comes before the answer (MCP, Streamable HTTP, sending messages). */
export class HttpReply {
  readonly #response: ServerResponse;
  readonly #backlog: Backlog;
  readonly #acceptsJson: boolean;
  readonly #acceptsStream: boolean;
  #state: 'open' | 'stream' | 'large-json' | 'large-event' | 'over' = 'open';
  #timer: Timer | null = null;

  constructor(request: IncomingMessage, response: ServerResponse, backlog: Backlog) {
    const accept = request.headers.accept ?? '*/*';
    this.#response = response;
    this.#backlog = backlog;
    this.#acceptsJson = /\*\/\*|application\/(?:json|\*)/.test(accept);
    this.#acceptsStream = /\*\/\*|text\/(?:event-stream|\*)/.test(accept);
  }

  /** Whether there is any form in which the client takes an answer. */
  get isAcceptable(): boolean {
    return this.#acceptsJson || this.#acceptsStream;
  }

  get acceptsStream(): boolean {
    return this.#acceptsStream;
  }

  /** Has a stream begin where the answer is long in coming. */
  beginInTime(): void {
    if (this.#acceptsStream) this.#timer = startTimer(KEEP_ALIVE_MS, () => this.openStream());
  }

  /** Begins a stream of events, if there is none yet; false where the client takes none. */
  openStream(): boolean {
    if (this.#state === 'stream') return true;
    if (this.#state !== 'open' || !this.#acceptsStream) return false;
    this.#state = 'stream';
    this.#response.writeHead(200, STREAM_HEADERS);
    this.#response.flushHeaders();
    this.#response.once('close', () => this.#timer?.cancel());
    this.#keepAlive();
    return true;
  }

  /** Sends a message before the answer; false where that is not to be had. */
  send(message: JsonObject): boolean {
    if (!this.openStream()) return false;
    if (this.#response.writableLength > MAX_BUFFERED_BYTES) {
      // It is told nothing any more: who does not read must not make others wait, or the process grow.
      this.#response.destroy();
      return false;
    }
    this.#response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
    return true;
  }

  /** Begins the answer with a result that comes in pieces; `prefix` goes into its object first. */
  openLarge(id: RequestId, prefix: string, flow: { readonly resume: () => void }): ResultSink {
    // The request was answered otherwise: what still comes is passed over.
    if (this.#state === 'over') return { write: () => true };
    const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
    const isEvent = this.#state === 'stream' || !this.#acceptsJson;
    if (isEvent && this.openStream()) this.#response.write(`event: message\ndata: ${head}`);
    else {
      this.#response.writeHead(200, { 'content-type': 'application/json' });
      this.#response.write(head);
    }
    this.#state = isEvent ? 'large-event' : 'large-json';
    this.#timer?.cancel();
    this.#response.on('drain', flow.resume);
    this.#response.once('close', flow.resume);
    let isFirst = true;
    return {
      write: (chunk) => {
        if (this.#response.destroyed) return true;
        const bytes = isEvent ? onOneLine(chunk) : chunk;
        if (!isFirst || prefix === '' || bytes[0] !== BRACE) {
          isFirst = false;
          return this.#response.write(bytes);
        }
        isFirst = false;
        return this.#response.write(Buffer.concat([Buffer.from(`{${prefix}`), bytes.subarray(1)]));
      },
    };
  }

  /** Ends with an answer; `status` counts where nothing was sent yet. */
  end(json: string, status = 200): void {
    if (this.#state === 'over') return;
    const before = this.#state;
    this.#over();
    if (before === 'large-json' || before === 'large-event') {
      // Half an answer went out: it must not be taken for a whole one.
      this.#response.destroy();
    } else if (before === 'stream') this.#response.end(`event: message\ndata: ${json}\n\n`);
    else if (this.#acceptsJson || status !== 200) this.#endJson(json, status);
    else {
      this.#response.writeHead(200, STREAM_HEADERS);
      this.#response.end(`event: message\ndata: ${json}\n\n`);
    }
  }

  /** Ends the answer that was begun by {@link openLarge}. */
  endLarge(): void {
    const isEvent = this.#state === 'large-event';
    this.#over();
    this.#response.end(isEvent ? '}\n\n' : '}');
  }

  /** Ends a stream without a further word. */
  close(): void {
    if (this.#state === 'over') return;
    this.#over();
    this.#response.end();
  }

  #endJson(json: string, status: number): void {
    const length = String(Buffer.byteLength(json));
    this.#response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
    this.#response.end(json);
  }

  #over(): void {
    this.#state = 'over';
    this.#timer?.cancel();
    // Not before what ends it has been written.
    queueMicrotask(() => this.#backlog.watch(this.#response));
  }

  #keepAlive(): void {
    this.#timer?.cancel();
    this.#timer = startTimer(KEEP_ALIVE_MS, () => {
      this.#response.write(': still there\n\n');
      this.#keepAlive();
    });
  }
}

/** JSON on one line, as an event wants it: line breaks outside of strings mean nothing, and inside of them there are none. */
function onOneLine(chunk: Buffer): Buffer {
  if (!chunk.includes(0x0a) && !chunk.includes(0x0d)) return chunk;
  const line = Buffer.from(chunk);
  for (let at = 0; at < line.length; at += 1) if (line[at] === 0x0a || line[at] === 0x0d) line[at] = 0x20;
  return line;
}
