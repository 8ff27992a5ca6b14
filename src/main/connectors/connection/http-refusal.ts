import type { Sent } from './connection.ts';

/**
 * The meaning of an HTTP response that holds no JSON-RPC response (messages/http/http-status.ts), and the facts about
 * the response that error messages may show.
 */
export interface HttpRefusal {
  /**
   * The kind of refusal:
   *
   * - `refused`: the server rejected the request. With 401 and 403, it rejected the credentials.
   * - `session-lost`: the server does not know the session.
   * - `retry-after`: the server limits requests. `retryAfterMs` is the delay that it requires, if any.
   * - `may-have-run`: the server failed, or its response is not valid MCP.
   */
  readonly kind: 'refused' | 'session-lost' | 'retry-after' | 'may-have-run';
  /** The MCP method of the request. */
  readonly step: string;
  readonly status: number;
  /** The media type of the body; null if it is missing or malformed. */
  readonly contentType: string | null;
  /** The code of the JSON-RPC error in the body. */
  readonly rpcCode: number | null;
  /** Whether the response says that the server supports a modern revision of MCP. */
  readonly namesModern: boolean;
  /** `no` only if the request certainly did not run. */
  readonly sent: Sent;
  /** The delay that the server requires before the next request, in milliseconds; null if it requires none. */
  readonly retryAfterMs: number | null;
  /** A sentence of advice on refused credentials; null without advice. */
  readonly hint: string | null;
}

/**
 * A server sent an HTTP response that holds no JSON-RPC response. The error's message quotes nothing from the body,
 * which may echo the request.
 */
export class StatusError extends Error {
  readonly refusal: HttpRefusal;

  constructor(refusal: HttpRefusal) {
    super(describeRefusal(refusal));
    this.refusal = refusal;
  }
}

/** Describes the response in words, as in "initialize was answered with HTTP 404 (text/html)". */
export function describeRefusal({
  step,
  status,
  contentType,
  rpcCode,
}: Pick<HttpRefusal, 'step' | 'status' | 'contentType' | 'rpcCode'>): string {
  const type = contentType ?? 'no content type';
  const code = rpcCode === null ? '' : `, JSON-RPC error ${rpcCode}`;
  return `${step} was answered with HTTP ${status} (${type}${code})`;
}
