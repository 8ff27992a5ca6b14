import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';

/** What becomes of a connector after a failure: another attempt, waiting for a person, or giving up. */
export type Fate = 'backing-off' | 'needs-login' | 'failed';

/** Codes that say that the login of a connector cannot work as its entry and its server have it. */
const LOGIN_BROKEN = [
  'LOGIN_CLIENT_UNKNOWN',
  'LOGIN_METADATA_INVALID',
  'LOGIN_SECRET_MISSING',
  'LOGIN_UNSUPPORTED',
] as const satisfies readonly ErrorCode[];

/**
 * Failures after which an attempt with the same settings would not help. A name may get another address some day: the
 * background's retry, once an interval, is soon enough for that. It also asks the resolver for names that a map's
 * author chose no more often than it has to.
 */
const PERMANENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_AUTH_MISSING',
  'CONNECTOR_LOOP',
  'CONNECTOR_REFUSED',
  ...LOGIN_BROKEN,
]);

/** Codes of a failed tool list that mean that the connection itself is gone. */
const LOST: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_CONNECT_FAILED',
  'CONNECTOR_LOGIN_NEEDED',
  'CONNECTOR_REFUSED',
  ...LOGIN_BROKEN,
]);

/**
 * The fate of a connector that could not connect, or lost its connection, because of this error. A person who was asked
 * to log in and did not is not asked again at once.
 */
export function fateOf({ code, detail }: Pick<SwitchyardError, 'code' | 'detail'>): Fate {
  if (code === 'CONNECTOR_LOGIN_NEEDED') return 'needs-login';
  if (code === 'LOGIN_FAILED' && detail.wasAsked === true) return 'failed';
  return PERMANENT.has(code) ? 'failed' : 'backing-off';
}

/** Whether a tool list that failed with this code shows that the connection is gone. */
export function isConnectionLost(code: ErrorCode): boolean {
  return LOST.has(code);
}
