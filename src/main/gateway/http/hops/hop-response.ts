import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import { type FrameKind, FrameSealer, MAX_FRAME_BYTES } from '../../replicas/wire/answer-frames.ts';

/** Interval at which the other replica gets a sign of life. */
const ALIVE_MS = 4_000;

type Written = (error?: Error | null) => void;

/**
 * HTTP response whose content is sent as the response to a hop. Its status and headers become the head, and its body is
 * sent in encrypted frames. Back pressure from the other replica, and so from that replica's client, is passed on.
 */
export class HopResponse extends Writable {
  readonly #response: ServerResponse;
  readonly #frames: FrameSealer;
  readonly #headers: OutgoingHttpHeaders = {};
  #hasHead = false;
  #alive: Timer;
  /** HTTP status for the client. */
  statusCode = 200;

  constructor(response: ServerResponse, answerKey: string) {
    super();
    this.#frames = new FrameSealer(answerKey);
    this.#response = response;
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    response.once('close', () => this.destroy());
    response.on('error', () => this.destroy());
    this.#alive = this.#keepAlive();
  }

  get headersSent(): boolean {
    return this.#hasHead;
  }

  /** Socket of the connection to the other replica. */
  get socket(): ServerResponse['socket'] {
    return this.#response.socket;
  }

  setHeader(name: string, value: number | string | readonly string[]): this {
    this.#headers[name.toLowerCase()] = value as string;
    return this;
  }

  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    this.statusCode = status;
    for (const [name, value] of Object.entries(headers)) this.#headers[name.toLowerCase()] = value;
    return this;
  }

  flushHeaders(): void {
    if (this.#hasHead || this.destroyed) return;
    this.#hasHead = true;
    this.#send('head', Buffer.from(JSON.stringify({ status: this.statusCode, headers: this.#headers })));
  }

  /** Responds with this head and no body. */
  finish(head: JsonObject): void {
    this.#hasHead = true;
    this.#send('head', Buffer.from(JSON.stringify(head)));
    this.end();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, written: Written): void {
    this.flushHeaders();
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.#sendFrom(bytes, 0, written);
  }

  override _final(written: Written): void {
    this.flushHeaders();
    this.#alive.cancel();
    this.#response.end(this.#frames.seal('end', Buffer.alloc(0)), () => written());
  }

  override _destroy(error: Error | null, written: Written): void {
    this.#alive.cancel();
    if (!this.#response.writableEnded) this.#response.destroy();
    written(error);
  }

  #sendFrom(bytes: Buffer, from: number, written: Written): void {
    let at = from;
    while (at < bytes.length && !this.destroyed) {
      const isTaken = this.#send('data', bytes.subarray(at, at + MAX_FRAME_BYTES));
      at += MAX_FRAME_BYTES;
      if (isTaken) continue;
      this.#response.once('drain', () => this.#sendFrom(bytes, at, written));
      return;
    }
    written();
  }

  #send(kind: FrameKind, bytes: Buffer): boolean {
    return this.#response.write(this.#frames.seal(kind, bytes));
  }

  #keepAlive(): Timer {
    return startTimer(ALIVE_MS, () => {
      // Unread data also shows the other replica that this replica is alive.
      if (!this.#response.writableNeedDrain) this.#send('alive', Buffer.alloc(0));
      this.#alive = this.#keepAlive();
    });
  }
}
