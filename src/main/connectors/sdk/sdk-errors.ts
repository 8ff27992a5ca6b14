import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, UnauthorizedError } from '@modelcontextprotocol/client';
import { rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { Failure } from '../connection/failure.ts';
import { networkFailure } from '../connection/network-failure.ts';
import { judgeAnswer } from '../messages/http/http-status.ts';

/** What the network said last, as the fetch under the SDK saw it; the SDK's own errors do not always tell. */
export interface WireTrace {
  /** Status of the last answer; null before the first. */
  lastStatus: number | null;
  /** Whether the last request got no answer at all. */
  isUnreachable: boolean;
  /** Why the last request was not even sent, because of its address. The SDK tells only the text of it for a stream. */
  refusal: unknown;
  /** The event of a stream that went beyond the cap, and so broke it. */
  oversized: SwitchyardError | null;
}

/** What failed a handshake of the SDK. */
export function connectFailure(error: unknown, trace: WireTrace): Failure {
  const { lastStatus, refusal } = trace;
  if (refusal !== null) return networkFailure(refusal);
  if (isRefusal(error, lastStatus)) return { kind: 'refused', status: lastStatus ?? 401 };
  if (hasSdkCode(error, SdkErrorCode.RequestTimeout)) return { kind: 'timeout' };
  if (error instanceof ProtocolError) return { kind: 'rpc', code: error.code, reason: rootReason(error) };
  if (trace.isUnreachable || lastStatus === null) return networkFailure(networkCause(error));
  return statusFailure(lastStatus, '', false, 'initialize');
}

/** What failed a request of the SDK over a connection that is up; `hasSession` if it named a session. */
export function requestFailure(error: unknown, hasSession: boolean): Failure {
  if (error instanceof SwitchyardError && error.code === 'TOOL_RESULT_TOO_LARGE') return { kind: 'too-large', error };
  if (error instanceof ProtocolError) return { kind: 'rpc', code: error.code, reason: rootReason(error) };
  if (hasSdkCode(error, SdkErrorCode.RequestTimeout)) return { kind: 'timeout' };
  const status = statusOf(error);
  if (isRefusal(error, status)) return { kind: 'refused', status: status ?? 401 };
  if (status !== null) return statusFailure(status, textOf(error), hasSession, 'the request');
  if (isUnusable(error)) return { kind: 'unusable', reason: rootReason(error) };
  if (isUnsendable(error)) return { kind: 'unsendable', reason: error.message };
  return networkFailure(networkCause(error));
}

/** Leaves out the body of an error page, which the SDK puts into its message: it may echo our keys. */
export function withoutBody(error: unknown): unknown {
  const status = statusOf(error);
  return status === null ? error : new Error(`HTTP ${status}`);
}

/** The SDK keeps neither the headers of the answer nor the id of the request. */
function statusFailure(status: number, body: string, hasSession: boolean, step: string): Failure {
  const verdict = judgeAnswer({ step, id: null, hasSession }, { status, headers: {}, body });
  return verdict.kind === 'answered'
    ? { kind: 'unusable', reason: `${step} was answered with HTTP ${status}` }
    : { kind: 'status', refusal: verdict };
}

function statusOf(error: unknown): number | null {
  return error instanceof SdkHttpError ? (error.data?.status ?? null) : null;
}

function textOf(error: unknown): string {
  return error instanceof SdkHttpError ? String(error.data?.text ?? '') : '';
}

/** What came is no MCP: no such type of content, no JSON, not the members that there should be. */
function isUnusable(error: unknown): boolean {
  const { InvalidResult, ClientHttpUnexpectedContent } = SdkErrorCode;
  return (
    hasSdkCode(error, InvalidResult) || hasSdkCode(error, ClientHttpUnexpectedContent) || error instanceof SyntaxError
  );
}

/** What JSON.stringify throws on a cycle or a bigint; the network's TypeErrors have a cause. */
function isUnsendable(error: unknown): error is TypeError {
  return error instanceof TypeError && error.cause === undefined;
}

/** Whether credentials were refused; never a reason to try another era or transport. */
export function isRefusal(error: unknown, status: number | null): boolean {
  return status === 401 || status === 403 || error instanceof UnauthorizedError;
}

/** Whether `error` is the SDK's, with this code. */
export function hasSdkCode(error: unknown, code: SdkErrorCode): boolean {
  return error instanceof SdkError && error.code === code;
}

/** The SDK hides the network's error in `data`. */
export function networkCause(error: unknown): unknown {
  const data = error instanceof SdkError ? (error.data as { cause?: unknown } | undefined) : undefined;
  return data?.cause ?? error;
}
