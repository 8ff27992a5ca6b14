import type { IncomingMessage, ServerResponse } from 'node:http';
import { startCoarseTimer, type Timer } from '../../../../shared/clock.ts';
import type { ResultSink } from '../../../connectors/connection/connection.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import { EventWriter } from '../../event-writer.ts';
import type { RequestId } from '../../messages/exchange.ts';
import { acceptedTypes } from './accepted-types.ts';
import type { Backlog } from './backlog.ts';

/**
 * Interval of the comments on a stream, and the time after which a slow response becomes a stream. Proxies would
 * otherwise close the connection as dead.
 */
const KEEP_ALIVE_MS = 15_000;

/** Maximum bytes that a client may leave unread before it is disconnected. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

const STREAM_HEADERS = {
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

const BRACE = 0x7b;

/** Reply to one request. */
export interface Reply {
  /** Whether messages can precede the response. */
  readonly acceptsStream: boolean;
  /** Whether a result can be streamed in pieces. */
  readonly takesPieces: boolean;
  /** Makes the reply start a stream if the response takes long. */
  beginInTime(): void;
  /** Sends a message before the response. Returns false if that is no longer possible. */
  send(message: JsonObject): boolean;
  /**
   * Starts a response whose result arrives in pieces. `prefix` is JSON to insert at the start of the result's object.
   */
  openLarge(id: RequestId, prefix: string, flow: { readonly resume: () => void }): ResultSink;
  /** Ends the reply with a response. `status` is the HTTP status, which is used only if nothing was sent before. */
  end(json: string, status?: number): void;
  /** Ends the response that {@link openLarge} started. */
  endLarge(): void;
}

/**
 * Reply to one HTTP request: JSON, or an event stream if anything precedes the response (MCP, Streamable HTTP, sending
 * messages).
 */
export class HttpReply implements Reply {
  readonly #response: ServerResponse;
  readonly #payer: string;
  readonly #backlog: Backlog;
  readonly #acceptsJson: boolean;
  readonly #acceptsStream: boolean;
  #state: 'open' | 'stream' | 'large-json' | 'large-event' | 'over' = 'open';
  /** Null until a stream starts. */
  #events: EventWriter | null = null;
  #timer: Timer | null = null;

  constructor(request: Pick<IncomingMessage, 'headers'>, response: ServerResponse, payer: string, backlog: Backlog) {
    const accepted = acceptedTypes(request.headers.accept);
    this.#response = response;
    this.#payer = payer;
    this.#backlog = backlog;
    this.#acceptsJson = accepted.json;
    this.#acceptsStream = accepted.stream;
  }

  /** Whether the client accepts at least one of the available forms of a response. */
  get isAcceptable(): boolean {
    return this.#acceptsJson || this.#acceptsStream;
  }

  get acceptsStream(): boolean {
    return this.#acceptsStream;
  }

  get acceptsJson(): boolean {
    return this.#acceptsJson;
  }

  get takesPieces(): boolean {
    return true;
  }

  /** Whether an event stream has started. */
  get isStream(): boolean {
    return this.#state === 'stream';
  }

  beginInTime(): void {
    if (this.#acceptsStream) this.#timer = startCoarseTimer(KEEP_ALIVE_MS, () => this.openStream());
  }

  /** Starts an event stream unless there is one. Returns false if the client accepts no stream. */
  openStream(): boolean {
    if (this.#state === 'stream') return true;
    if (this.#state !== 'open' || !this.#acceptsStream) return false;
    this.#beginEvents();
    this.#response.flushHeaders();
    return true;
  }

  send(message: JsonObject): boolean {
    return this.openStream() && this.sendJson(JSON.stringify(message));
  }

  /** Sends a message, already in JSON, over the open stream. */
  sendJson(data: string): boolean {
    return this.#events?.send({ name: 'message', data }) === true;
  }

  openLarge(id: RequestId, prefix: string, flow: { readonly resume: () => void }): ResultSink {
    // The request has already been answered, so the pieces are discarded.
    if (this.#state === 'over') return { write: () => true };
    const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
    const events = this.#state === 'stream' || !this.#acceptsJson ? this.#beginEvents() : null;
    if (events === null) {
      this.#timer?.cancel();
      this.#response.writeHead(200, { 'content-type': 'application/json' });
      this.#response.write(head);
    } else events.beginPieces('message', head);
    this.#state = events === null ? 'large-json' : 'large-event';
    this.#response.on('drain', flow.resume);
    this.#response.once('close', flow.resume);
    const write = (bytes: Buffer): boolean => events?.piece(bytes) ?? this.#response.write(bytes);
    let isFirst = true;
    return {
      write: (chunk) => {
        if (this.#response.destroyed) return true;
        const isStart = isFirst && prefix !== '' && chunk[0] === BRACE;
        isFirst = false;
        return write(isStart ? Buffer.concat([Buffer.from(`{${prefix}`), chunk.subarray(1)]) : chunk);
      },
    };
  }

  end(json: string, status = 200): void {
    if (this.#state === 'over') return;
    const before = this.#state;
    if (before === 'large-json' || before === 'large-event') {
      // Only a part of a response was sent. The client must not take this part for the whole response.
      this.#response.destroy();
    } else if (before === 'stream' || (!this.#acceptsJson && status === 200))
      this.#beginEvents().end({ name: 'message', data: json });
    else this.#endJson(json, status);
    this.#over();
  }

  endLarge(): void {
    if (this.#state === 'large-event') this.#events?.endPieces('}');
    else this.#response.end('}');
    this.#over();
  }

  /** Ends a stream without another message. */
  close(): void {
    if (this.#state === 'over') return;
    this.#over();
    if (this.#events === null) this.#response.end();
    else this.#events.end();
  }

  #beginEvents(): EventWriter {
    this.#timer?.cancel();
    this.#state = 'stream';
    this.#events ??= new EventWriter(this.#response, STREAM_HEADERS, {
      ...{ retryMs: null, keepAliveMs: KEEP_ALIVE_MS, maxUnreadBytes: MAX_UNREAD_BYTES },
      mayLeave: this.#backlog.stream(this.#payer),
    });
    return this.#events;
  }

  #endJson(json: string, status: number): void {
    const length = String(Buffer.byteLength(json));
    this.#response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
    this.#response.end(json);
  }

  #over(): void {
    this.#state = 'over';
    this.#timer?.cancel();
    // This microtask runs after the end of the response has been written.
    queueMicrotask(() => this.#backlog.watch(this.#response, this.#payer));
  }
}
