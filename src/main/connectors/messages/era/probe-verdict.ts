import { RpcError } from '../../../mcp/json-rpc.ts';
import { SseServerAnswered, UnusableAnswer } from '../../connection/failure.ts';
import { StatusError } from '../../connection/http-refusal.ts';
import { isBrokenConnection, StreamEnded } from '../../connection/network-failure.ts';
import { isLoginError } from '../../credentials/login-error.ts';
import { namesModern } from '../http/modern-evidence.ts';

/**
 * What a failed step of the handshake says about the server:
 *
 * - `answer`: it is there and does not know this era. Another may be tried, and the verdict remembered.
 * - `silence`: it gave no answer, or failed (5xx). Another era may be tried, but says nothing for the next time.
 * - `modern`: it speaks a modern revision.
 * - `sse`: it speaks the legacy SSE transport.
 * - `final`: it refused the credentials, wants a login first, or fewer requests. No other era would fare better.
 * - `unreachable`: nothing is known of it.
 */
export type StepVerdict = 'answer' | 'silence' | 'modern' | 'sse' | 'final' | 'unreachable';

/** Judges what failed `server/discover` or `initialize`. */
export function judgeStep(step: string, error: unknown): StepVerdict {
  if (isLoginError(error)) return 'final';
  if (error instanceof SseServerAnswered) return 'sse';
  if (saysModern(step, error)) return 'modern';
  if (error instanceof StatusError) return judgeStatus(error);
  if (error instanceof RpcError || error instanceof UnusableAnswer) return 'answer';
  return isBrokenConnection(error) || error instanceof StreamEnded ? 'silence' : 'unreachable';
}

function judgeStatus({ refusal: { status } }: StatusError): StepVerdict {
  // A redirect that is not followed is for people to decide.
  if (status === 401 || status === 403 || status === 429 || (status >= 300 && status < 400)) return 'final';
  return status >= 500 ? 'silence' : 'answer';
}

/** Whether the refusal of a step says that the server speaks a modern revision. */
export function saysModern(step: string, error: unknown): boolean {
  if (error instanceof StatusError) return error.refusal.namesModern;
  return error instanceof RpcError && namesModern(step, error);
}

/** Whether `initialize` was refused as servers of the legacy SSE transport refuse it. */
export function mayBeSse(error: unknown): boolean {
  return error instanceof StatusError && [400, 404, 405].includes(error.refusal.status);
}
