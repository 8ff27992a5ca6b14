import type { IncomingHttpHeaders } from 'node:http';
import { rootReason } from '../../../shared/errors.ts';
import { CLIENT_INFO } from '../../mcp/host-side.ts';
import { isObject, type JsonObject, MODERN_REVISION } from '../../mcp/json-rpc.ts';
import { currentTraceparent } from '../../observability/trace.ts';
import type { HttpRequest } from './exchange/http-exchange.ts';

/** What the protocol, or the connection, has the say of; an entry's own would be sent beside it. */
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
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Members of `_meta` that a request has of its own. */
export interface RequestMeta {
  readonly progressToken: number | null;
  /** What the host can do for the connector, where that is another than the connection's. */
  readonly capabilities: JsonObject | null;
}

const NO_META: RequestMeta = { progressToken: null, capabilities: null };

/** Writes messages as HTTP requests, with what each era wants in headers and in `_meta`. */
export class RequestWriter {
  readonly #url: URL;
  readonly #ownHeaders: readonly string[];
  readonly #envelope: JsonObject;
  #era: 'modern' | 'legacy' = 'legacy';
  /** What a legacy session agreed on. */
  #revision: string | null = null;
  #sessionId: string | null = null;

  constructor(url: URL, headers: Readonly<Record<string, string>>, capabilities: JsonObject) {
    this.#url = url;
    this.#ownHeaders = Object.entries(headers)
      .filter(([name]) => !RESERVED.has(name.toLowerCase()))
      .flat();
    this.#envelope = {
      'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
      'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
      'io.modelcontextprotocol/clientCapabilities': capabilities,
    };
  }

  get isModern(): boolean {
    return this.#era === 'modern';
  }

  get hasSession(): boolean {
    return this.#sessionId !== null;
  }

  /** From here on writes for the modern revision, or for a legacy one; null while that is still to be agreed on. */
  speak(era: 'modern' | 'legacy', revision: string | null): void {
    this.#era = era;
    // A handshake begins anew: what an earlier one left is no session of its.
    if (era === 'modern' || revision === null) this.#sessionId = null;
    this.#revision = revision;
  }

  /** Takes the session that the answer to a handshake names (MCP 2025-03-26, session management). */
  adopt(headers: IncomingHttpHeaders): void {
    const id = headers['mcp-session-id'];
    // Visible ASCII, as the specification wants it: nothing else could be sent back.
    this.#sessionId = typeof id === 'string' && /^[\x21-\x7e]{1,4096}$/.test(id) ? id : null;
  }

  /** A request or, without an id, a notification. `further` headers go to modern servers alone. Throws a TypeError where they have no JSON form. */
  message(
    id: number | string | null,
    method: string,
    params: JsonObject,
    further: readonly string[] = [],
    meta: RequestMeta = NO_META,
  ): HttpRequest {
    const whole = this.#withMeta(params, meta);
    const message =
      id === null ? { jsonrpc: '2.0', method, params: whole } : { jsonrpc: '2.0', id, method, params: whole };
    return this.#post(message, this.isModern ? ['mcp-method', method, ...further] : []);
  }

  /** The answer to a request of the server. */
  answer(id: number | string, answer: JsonObject): HttpRequest {
    return this.#post({ jsonrpc: '2.0', id, ...answer }, []);
  }

  /** Opens a stream, or goes on with one after the event `lastEventId`. */
  listen(lastEventId: string | null): HttpRequest {
    const own = [
      'accept',
      'text/event-stream',
      ...(lastEventId === null ? [] : ['last-event-id', asBytes(lastEventId)]),
    ];
    return { method: 'GET', url: this.#url, headers: this.#headers(own), body: null };
  }

  /** Ends the session. */
  end(): HttpRequest {
    return { method: 'DELETE', url: this.#url, headers: this.#headers([]), body: null };
  }

  #withMeta(params: JsonObject, { progressToken, capabilities }: RequestMeta): JsonObject {
    const given = isObject(params._meta) ? params._meta : null;
    const own = progressToken === null ? null : { progressToken };
    if (this.isModern) {
      const asked = capabilities === null ? null : { 'io.modelcontextprotocol/clientCapabilities': capabilities };
      return { ...params, _meta: { ...given, ...this.#envelope, ...asked, ...own } };
    }
    return own === null ? params : { ...params, _meta: { ...given, ...own } };
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
    const traceparent = currentTraceparent();
    if (traceparent !== undefined) headers.push('traceparent', traceparent);
    return headers;
  }
}

/** A text as a header can carry it: its UTF-8, a character a byte (WHATWG HTML, server-sent events, Last-Event-ID). */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** JSON.stringify throws whatever a `toJSON` throws, and a RangeError where the text would be too long. */
function asJson(message: JsonObject): string {
  try {
    return JSON.stringify(message);
  } catch (error) {
    throw error instanceof TypeError ? error : new TypeError(rootReason(error), { cause: error });
  }
}
