import { rootReason, SwitchyardError } from '../../../shared/errors.ts';
import { RpcError } from '../../mcp/json-rpc.ts';
import { ClosedConnection, type Failure, SseServerAnswered, UnusableAnswer } from '../connection/failure.ts';
import { StatusError } from '../connection/http-refusal.ts';
import { networkFailure } from '../connection/network-failure.ts';
import { isLoginError } from '../credentials/login-error.ts';
import { SessionLossAnswered } from './http/session-loss.ts';

/** Classifies the error of a request that was sent over a channel. */
export function requestFailure(error: unknown): Failure {
  if (error instanceof RpcError) {
    const isSessionLost = error instanceof SessionLossAnswered;
    return { kind: 'rpc', code: error.code, reason: rootReason(error), isSessionLost };
  }
  if (isLoginError(error)) return { kind: 'login', error };
  if (error instanceof StatusError) return statusFailure(error);
  if (error instanceof UnusableAnswer)
    return { kind: 'unusable', reason: error.message, isSse: error instanceof SseServerAnswered };
  if (error instanceof SwitchyardError && error.code === 'TOOL_RESULT_TOO_LARGE') return { kind: 'too-large', error };
  if (error instanceof SwitchyardError && error.code === 'CONNECTOR_EXITED')
    return { kind: 'network', isUnsent: false, reason: error.message };
  if (error instanceof ClosedConnection) return { kind: 'network', isUnsent: true, reason: error.message };
  if (error instanceof TypeError) return { kind: 'unsendable', reason: error.message };
  return networkFailure(error);
}

function statusFailure({ refusal }: StatusError): Failure {
  const { status, hint } = refusal;
  return status === 401 || status === 403 ? { kind: 'refused', status, hint } : { kind: 'status', refusal };
}

/**
 * Classifies an error in a later round of a call. Even if this round's request was not sent, the first round's request
 * was, so the call may have run.
 */
export function laterFailure(error: unknown): Failure {
  const failure = requestFailure(error);
  if (failure.kind === 'network') return { ...failure, isUnsent: false };
  if (failure.kind === 'status') return { ...failure, refusal: { ...failure.refusal, sent: 'maybe' } };
  return failure;
}
