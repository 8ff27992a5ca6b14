import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';

/** What follows from a failure of a connector: a retry, waiting for a person, or no further attempt. */
export type Fate = 'backing-off' | 'needs-login' | 'failed';

/** Codes of failed logins that cannot succeed with the current entry and server. */
const LOGIN_BROKEN = [
  'LOGIN_CLIENT_UNKNOWN',
  'LOGIN_METADATA_INVALID',
  'LOGIN_SECRET_MISSING',
  'LOGIN_UNSUPPORTED',
] as const satisfies readonly ErrorCode[];

/**
 * Failures after which a retry with the same settings would not help. Refused addresses are included, although a host
 * name may resolve to another address later, which the slow periodic retry in the background notices. Otherwise the
 * publisher of a map could make this machine look up names too often.
 */
const PERMANENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_AUTH_MISSING',
  'CONNECTOR_LOOP',
  'CONNECTOR_REFUSED',
  ...LOGIN_BROKEN,
]);

/** If listing the tools fails with one of these codes, the connection itself was lost. */
const LOST: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_CONNECT_FAILED',
  'CONNECTOR_LOGIN_NEEDED',
  'CONNECTOR_REFUSED',
  ...LOGIN_BROKEN,
]);

/**
 * Returns what follows from this error of a connector that could not connect or lost its connection. If a person did
 * not complete a login, the connector does not ask for the login again immediately.
 */
export function fateOf({ code, detail }: Pick<SwitchyardError, 'code' | 'detail'>): Fate {
  if (code === 'CONNECTOR_LOGIN_NEEDED') return 'needs-login';
  if (code === 'LOGIN_FAILED' && detail.wasAsked === true) return 'failed';
  return PERMANENT.has(code) ? 'failed' : 'backing-off';
}

/** Whether a failed tool list with this error code means that the connection was lost. */
export function isConnectionLost(code: ErrorCode): boolean {
  return LOST.has(code);
}
