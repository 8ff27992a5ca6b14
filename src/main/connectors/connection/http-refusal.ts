import type { Sent } from './connection.ts';

/** What an HTTP answer without a JSON-RPC answer means, and what may be told of it (messages/http/http-status.ts). */
export interface HttpRefusal {
  /**
   * - `refused`: the server turned the request down. For 401 and 403 it is the credentials.
   * - `session-lost`: it does not know the session.
   * - `retry-after`: it wants fewer requests; `retryAfterMs` says for how long, if it does.
   * - `may-have-run`: it failed, or answered with something that is no MCP.
   */
  readonly kind: 'refused' | 'session-lost' | 'retry-after' | 'may-have-run';
  /** The method of MCP that was answered so. */
  readonly step: string;
  readonly status: number;
  /** The media type of the body; null where there is none or it is malformed. */
  readonly contentType: string | null;
  /** The code of the JSON-RPC error in the body. */
  readonly rpcCode: number | null;
  /** Whether it says that the server speaks a modern revision. */
  readonly namesModern: boolean;
  /** `no` only where the request certainly did not run. */
  readonly sent: Sent;
  /** After how many milliseconds the server wants the next request; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** A sentence on what people can do about refused credentials; null where nothing is known. */
  readonly hint: string | null;
}

/** An HTTP answer in place of a JSON-RPC one. It holds nothing of the body, which may echo what was sent. */
export class StatusError extends Error {
  readonly refusal: HttpRefusal;

  constructor(refusal: HttpRefusal) {
    super(describeRefusal(refusal));
    this.refusal = refusal;
  }
}

/** Says in words what was answered. */
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
