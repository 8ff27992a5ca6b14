import { RpcError } from '../../../mcp/json-rpc.ts';
import { SseServerAnswered, UnusableAnswer } from '../../connection/failure.ts';
import { StatusError } from '../../connection/http-refusal.ts';
import { isBrokenConnection, StreamEnded } from '../../connection/network-failure.ts';
import { isLoginError } from '../../credentials/login-error.ts';
import { namesModern } from '../http/modern-evidence.ts';

/**
 * What a failed step of the handshake says about the server:
 *
 * - `answer`: the server responded and does not know this protocol generation. The other generation may be tried, and
 *   the verdict may be remembered.
 * - `silence`: the server did not respond, or failed (5xx). The other generation may be tried, but the verdict is not
 *   remembered.
 * - `modern`: the server supports a modern revision.
 * - `sse`: the server uses the legacy SSE transport.
 * - `final`: the server refused the credentials, requires a login first, redirects, or limits requests. The other
 *   generation would fail too.
 * - `unreachable`: the server could not be reached, so nothing is known about it.
 */
export type StepVerdict = 'answer' | 'silence' | 'modern' | 'sse' | 'final' | 'unreachable';

/** Returns what the error of `server/discover` or `initialize` says about the server. */
export function judgeStep(step: string, error: unknown): StepVerdict {
  if (isLoginError(error)) return 'final';
  if (error instanceof SseServerAnswered) return 'sse';
  if (saysModern(step, error)) return 'modern';
  if (error instanceof StatusError) return judgeStatus(error);
  if (error instanceof RpcError || error instanceof UnusableAnswer) return 'answer';
  return isBrokenConnection(error) || error instanceof StreamEnded ? 'silence' : 'unreachable';
}

function judgeStatus({ refusal: { status } }: StatusError): StepVerdict {
  // A redirect that was not followed is final, because a person has to decide about it.
  if (status === 401 || status === 403 || status === 429 || (status >= 300 && status < 400)) return 'final';
  return status >= 500 ? 'silence' : 'answer';
}

/** Whether the refusal of a step says that the server supports a modern revision. */
export function saysModern(step: string, error: unknown): boolean {
  if (error instanceof StatusError) return error.refusal.namesModern;
  return error instanceof RpcError && namesModern(step, error);
}

/** Whether `initialize` was refused in the way in which servers of the legacy SSE transport refuse it. */
export function mayBeSse(error: unknown): boolean {
  return error instanceof StatusError && [400, 404, 405].includes(error.refusal.status);
}
