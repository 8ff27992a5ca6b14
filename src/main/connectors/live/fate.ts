import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';

/** The consequence of a failure for a connector: a retry, waiting for a person, or no further attempt. */
export type Fate = 'backing-off' | 'needs-login' | 'failed';

/** Codes of logins that cannot work with the current entry and server. */
const LOGIN_BROKEN = [
  'LOGIN_CLIENT_UNKNOWN',
  'LOGIN_METADATA_INVALID',
  'LOGIN_SECRET_MISSING',
  'LOGIN_UNSUPPORTED',
] as const satisfies readonly ErrorCode[];

/**
 * Failures after which a retry with the same settings would not help. A refused name may resolve to another address
 * later, but the periodic background retry is frequent enough for that. Waiting for that retry also limits how often
 * names that a map's publisher chose are looked up.
 */
const PERMANENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_AUTH_MISSING',
  'CONNECTOR_LOOP',
  'CONNECTOR_REFUSED',
  ...LOGIN_BROKEN,
]);

/** Codes of a failed tool list that mean that the connection itself was lost. */
const LOST: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_CONNECT_FAILED',
  'CONNECTOR_LOGIN_NEEDED',
  'CONNECTOR_REFUSED',
  ...LOGIN_BROKEN,
]);

/**
 * Returns the fate of a connector that could not connect, or lost its connection, because of this error. A person who
 * did not complete a requested login is not asked again at once.
 */
export function fateOf({ code, detail }: Pick<SwitchyardError, 'code' | 'detail'>): Fate {
  if (code === 'CONNECTOR_LOGIN_NEEDED') return 'needs-login';
  if (code === 'LOGIN_FAILED' && detail.wasAsked === true) return 'failed';
  return PERMANENT.has(code) ? 'failed' : 'backing-off';
}

/** Whether a tool list that failed with this code shows that the connection was lost. */
export function isConnectionLost(code: ErrorCode): boolean {
  return LOST.has(code);
}
