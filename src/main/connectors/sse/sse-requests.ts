import { entryHeaders } from '../../mcp/entry-headers.ts';
import { asJson, type JsonObject } from '../../mcp/json-rpc.ts';
import { traceHeaders } from '../../observability/telemetry/trace-headers.ts';
import type { HttpRequest } from '../exchange/http-request.ts';
import { type RequestMeta, withMeta } from '../messages/request-meta.ts';

/** Writes the HTTP requests of one legacy SSE session (MCP 2024-11-05, HTTP with SSE). */
export class SseRequests {
  readonly #ownHeaders: readonly string[];
  /** The revision that the handshake negotiated. */
  #revision: string | null = null;

  constructor(headers: Readonly<Record<string, string>>) {
    this.#ownHeaders = entryHeaders(headers);
  }

  speak(revision: string | null): void {
    this.#revision = revision;
  }

  /** Returns the request for the event stream. */
  listen(url: URL): HttpRequest {
    return { method: 'GET', url, headers: this.#headers(['accept', 'text/event-stream']), body: null };
  }

  /**
   * Returns the JSON of a request or, without an id, of a notification. Throws a TypeError if the parameters have no
   * JSON form.
   */
  message(id: number | null, method: string, params: JsonObject, meta: RequestMeta): string {
    const whole = withMeta(params, null, meta);
    return asJson({ jsonrpc: '2.0', ...(id !== null && { id }), method, params: whole });
  }

  /** Returns the JSON of a response to a request that the server sent. */
  answer(id: number | string, answer: JsonObject): string {
    return asJson({ jsonrpc: '2.0', id, ...answer });
  }

  /** Returns the HTTP request that sends `body`, the JSON of a message, to the endpoint of the session. */
  post(url: URL, body: string): HttpRequest {
    // The SDK's client accepts any media type, and servers of this transport expect that.
    const own = ['content-type', 'application/json', 'accept', '*/*'];
    return { method: 'POST', url, headers: this.#headers(own), body };
  }

  #headers(own: readonly string[]): readonly string[] {
    const headers = [...this.#ownHeaders, ...own];
    if (this.#revision !== null) headers.push('mcp-protocol-version', this.#revision);
    headers.push(...traceHeaders());
    return headers;
  }
}
