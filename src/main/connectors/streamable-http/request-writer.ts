import type { IncomingHttpHeaders } from 'node:http';
import { rootReason } from '../../../shared/errors.ts';
import { type JsonObject, MODERN_REVISION } from '../../mcp/json-rpc.ts';
import { traceHeaders } from '../../observability/telemetry/trace-headers.ts';
import { modernEnvelope, NO_META, type RequestMeta, withMeta } from '../messages/request-meta.ts';
import type { HttpRequest } from './exchange/http-exchange.ts';

/** Headers that the protocol or the connection sets; an entry's own would be sent beside them. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Writes messages as HTTP requests, with the headers and the `_meta` of each era. */
export class RequestWriter {
  readonly #url: URL;
  readonly #ownHeaders: readonly string[];
  readonly #envelope: JsonObject;
  #era: 'modern' | 'legacy' = 'legacy';
  /** The revision that a legacy session agreed on. */
  #revision: string | null = null;
  #sessionId: string | null = null;

  constructor(url: URL, headers: Readonly<Record<string, string>>, capabilities: JsonObject) {
    this.#url = url;
    this.#ownHeaders = Object.entries(headers)
      .filter(([name]) => !RESERVED.has(name.toLowerCase()))
      .flat();
    this.#envelope = modernEnvelope(capabilities);
  }

  get isModern(): boolean {
    return this.#era === 'modern';
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  /** Writes for the modern revision from now on, or for a legacy one; null while that is still to be agreed on. */
  speak(era: 'modern' | 'legacy', revision: string | null): void {
    this.#era = era;
    // A new handshake starts: the session of an earlier one is not its own.
    if (era === 'modern' || revision === null) this.#sessionId = null;
    this.#revision = revision;
  }

  /** Takes the session that the answer to a handshake names (MCP 2025-03-26, session management). */
  adopt(headers: IncomingHttpHeaders): void {
    const id = headers['mcp-session-id'];
    // The specification allows visible ASCII only; anything else could not be sent back.
    this.#sessionId = typeof id === 'string' && /^[\x21-\x7e]{1,4096}$/.test(id) ? id : null;
  }

  /**
   * Writes a request or, without an id, a notification. `further` headers go to modern servers only. Throws a TypeError
   * where `params` have no JSON form.
   */
  message(
    id: number | string | null,
    method: string,
    params: JsonObject,
    further: readonly string[] = [],
    meta: RequestMeta = NO_META,
  ): HttpRequest {
    const whole = withMeta(params, this.isModern ? this.#envelope : null, meta);
    const message =
      id === null ? { jsonrpc: '2.0', method, params: whole } : { jsonrpc: '2.0', id, method, params: whole };
    return this.#post(message, this.isModern ? ['mcp-method', method, ...further] : []);
  }

  /** Writes the answer to a request of the server. */
  answer(id: number | string, answer: JsonObject): HttpRequest {
    return this.#post({ jsonrpc: '2.0', id, ...answer }, []);
  }

  /** Writes a request for a standing stream, which resumes after the event `lastEventId`. */
  listen(lastEventId: string | null): HttpRequest {
    const own = [
      'accept',
      'text/event-stream',
      ...(lastEventId === null ? [] : ['last-event-id', asBytes(lastEventId)]),
    ];
    return { method: 'GET', url: this.#url, headers: this.#headers(own), body: null };
  }

  /** Writes the request that ends the session. */
  end(): HttpRequest {
    return { method: 'DELETE', url: this.#url, headers: this.#headers([]), body: null };
  }

  #post(message: JsonObject, further: readonly string[]): HttpRequest {
    const own = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream', ...further];
    return { method: 'POST', url: this.#url, headers: this.#headers(own), body: asJson(message) };
  }

  #headers(own: readonly string[]): string[] {
    const headers = [...this.#ownHeaders, ...own];
    const revision = this.isModern ? MODERN_REVISION : this.#revision;
    if (revision !== null) headers.push('mcp-protocol-version', revision);
    if (this.#sessionId !== null) headers.push('mcp-session-id', this.#sessionId);
    headers.push(...traceHeaders());
    return headers;
  }
}

/** The UTF-8 of a text with one character per byte, as a header carries it (WHATWG HTML, Last-Event-ID). */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Throws a TypeError; JSON.stringify throws what a `toJSON` throws, and a RangeError for a text that is too long. */
function asJson(message: JsonObject): string {
  try {
    return JSON.stringify(message);
  } catch (error) {
    throw error instanceof TypeError ? error : new TypeError(rootReason(error), { cause: error });
  }
}
