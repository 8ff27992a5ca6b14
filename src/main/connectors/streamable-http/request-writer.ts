import type { IncomingHttpHeaders } from 'node:http';
import { entryHeaders } from '../../mcp/entry-headers.ts';
import { asJson, type JsonObject, MODERN_REVISION } from '../../mcp/json-rpc.ts';
import { traceHeaders } from '../../observability/telemetry/trace-headers.ts';
import type { HttpRequest } from '../exchange/http-request.ts';
import type { HttpAsked } from '../messages/http/http-status.ts';
import { modernEnvelope, NO_META, type RequestMeta, withMeta } from '../messages/request-meta.ts';

/** An HTTP request, and the facts that are needed to interpret its response. */
export interface WrittenRequest extends HttpRequest {
  readonly asked: HttpAsked;
}

const POST_HEADERS = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream'];

/** Writes messages as HTTP requests, with the headers and the `_meta` of the modern or the legacy protocol. */
export class RequestWriter {
  readonly #url: URL;
  readonly #ownHeaders: readonly string[];
  readonly #envelope: JsonObject;
  #era: 'modern' | 'legacy' = 'legacy';
  /** The revision that a legacy session negotiated. */
  #revision: string | null = null;
  #sessionId: string | null = null;
  /** The headers of every POST; null until they are built with the current session and revision. */
  #postHeaders: readonly string[] | null = null;

  constructor(url: URL, headers: Readonly<Record<string, string>>, capabilities: JsonObject) {
    this.#url = url;
    this.#ownHeaders = entryHeaders(headers);
    this.#envelope = modernEnvelope(capabilities);
  }

  get isModern(): boolean {
    return this.#era === 'modern';
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  /**
   * Writes all later messages for the modern revision or for a legacy revision. `revision` is null until it is
   * negotiated.
   */
  speak(era: 'modern' | 'legacy', revision: string | null): void {
    this.#era = era;
    // This starts a new handshake, which must not use the session of an earlier handshake.
    if (era === 'modern' || revision === null) this.#sessionId = null;
    this.#revision = revision;
    this.#postHeaders = null;
  }

  /**
   * If the response to a handshake names a session, uses that session for all later messages (MCP 2025-03-26, session
   * management).
   */
  adopt(headers: IncomingHttpHeaders): void {
    const id = headers['mcp-session-id'];
    // The specification allows only visible ASCII. Any other id could not be sent back in a header.
    this.#sessionId = typeof id === 'string' && /^[\x21-\x7e]{1,4096}$/.test(id) ? id : null;
    this.#postHeaders = null;
  }

  /**
   * Writes a request or, without an id, a notification. `further` headers go to modern servers only. Throws a TypeError
   * if `params` have no JSON form.
   */
  message(
    id: number | string | null,
    method: string,
    params: JsonObject,
    further: readonly string[] = [],
    meta: RequestMeta = NO_META,
  ): WrittenRequest {
    const whole = withMeta(params, this.isModern ? this.#envelope : null, meta);
    const message =
      id === null ? { jsonrpc: '2.0', method, params: whole } : { jsonrpc: '2.0', id, method, params: whole };
    return this.#post(message, this.#asked(method, id), this.isModern ? ['mcp-method', method, ...further] : []);
  }

  /** Writes the response to a request of the server. */
  answer(id: number | string, answer: JsonObject): WrittenRequest {
    return this.#post({ jsonrpc: '2.0', id, ...answer }, this.#asked('an answer', null), []);
  }

  /** Writes a request for a standing stream that resumes after the event `lastEventId`. */
  listen(lastEventId: string | null): WrittenRequest {
    const own = [
      'accept',
      'text/event-stream',
      ...(lastEventId === null ? [] : ['last-event-id', asBytes(lastEventId)]),
    ];
    const asked = this.#asked('the standing stream', null);
    return { method: 'GET', url: this.#url, headers: this.#headers(own).concat(traceHeaders()), body: null, asked };
  }

  /** Writes the request that ends the session. */
  end(): WrittenRequest {
    const asked = this.#asked('the end of the session', null);
    return { method: 'DELETE', url: this.#url, headers: this.#headers([]).concat(traceHeaders()), body: null, asked };
  }

  #post(message: JsonObject, asked: HttpAsked, further: readonly string[]): WrittenRequest {
    this.#postHeaders ??= this.#headers(POST_HEADERS);
    const headers = this.#postHeaders.concat(further, traceHeaders());
    return { method: 'POST', url: this.#url, headers, body: asJson(message), asked };
  }

  #asked(step: string, id: HttpAsked['id']): HttpAsked {
    return { step, id, hasSession: this.#sessionId !== null };
  }

  #headers(own: readonly string[]): string[] {
    const headers = [...this.#ownHeaders, ...own];
    const revision = this.isModern ? MODERN_REVISION : this.#revision;
    if (revision !== null) headers.push('mcp-protocol-version', revision);
    if (this.#sessionId !== null) headers.push('mcp-session-id', this.#sessionId);
    return headers;
  }
}

/**
 * Returns the UTF-8 bytes of a string as one character per byte, as a header carries them (WHATWG HTML, Last-Event-ID).
 */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
