import { rootReason, SwitchyardError } from '../../../shared/errors.ts';
import { RpcError } from '../../mcp/json-rpc.ts';
import { ClosedConnection, type Failure, networkFailure, StatusError, UnusableAnswer } from '../connection/failure.ts';

/** Says what failed a request of a channel. */
export function requestFailure(error: unknown): Failure {
  if (error instanceof RpcError) return { kind: 'rpc', code: error.code, reason: rootReason(error) };
  if (error instanceof StatusError) return error.asFailure();
  if (error instanceof UnusableAnswer) return { kind: 'unusable', reason: error.message };
  if (error instanceof SwitchyardError && error.code === 'TOOL_RESULT_TOO_LARGE') return { kind: 'too-large', error };
  if (error instanceof SwitchyardError && error.code === 'CONNECTOR_EXITED')
    return { kind: 'network', isUnsent: false, reason: error.message };
  if (error instanceof ClosedConnection) return { kind: 'network', isUnsent: true, reason: error.message };
  if (error instanceof TypeError) return { kind: 'unsendable', reason: error.message };
  return networkFailure(error);
}

/** Says what failed a later round of a call. It says nothing about the first round, which was sent. */
export function laterFailure(error: unknown): Failure {
  const failure = requestFailure(error);
  if (failure.kind === 'network') return { ...failure, isUnsent: false };
  if (failure.kind !== 'status' || !failure.isSessionLost) return failure;
  return { kind: 'network', isUnsent: false, reason: `it answered ${failure.status}` };
}
