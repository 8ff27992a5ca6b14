import { SwitchyardError } from '../../../../shared/errors.ts';
import type { OAuthSettings } from '../../../../shared/map/oauth-settings.ts';
import type { LoginTarget } from '../login-target.ts';

/** The facts about a login that is needed. */
export interface NeededLogin {
  readonly issuer: string | null;
  /** The HTTP status of the refusal. */
  readonly status: number;
  /** The scopes that the login must have; null if they are not known. */
  readonly scope: string | null;
  /**
   * Whether the refused request had a token, or the connector had a login that was lost. False if there never was a
   * login.
   */
  readonly wasAuthorized: boolean;
}

/** Returns the error for a connector that needs a person to log in. */
export function loginNeeded(target: LoginTarget, needed: NeededLogin, cause?: unknown): SwitchyardError {
  const { connectorId, isOfReplica } = target;
  const { issuer, status, scope, wasAuthorized } = needed;
  const where = issuer === null ? '' : ` at ${issuer}`;
  const what = status === 403 ? 'a login with more scopes' : 'a login';
  const each =
    isOfReplica === true ? ' Here each replica of the fleet needs its own login (`fleet.logins: "own"`).' : '';
  const how = `run \`mcp-switchyard auth login ${connectorId}\`.${each}`;
  const message = `Connector ${connectorId} wants ${what}${where}: ${how}`;
  return new SwitchyardError('CONNECTOR_LOGIN_NEEDED', message, {
    cause,
    detail: {
      connectorId,
      ...(issuer !== null && { issuer }),
      status,
      ...(scope !== null && { scope }),
      wasAuthorized,
    },
  });
}

/** Returns the hint for a server that does not say whether it requires a key or a login. */
export function bothWays(target: LoginTarget): string {
  const login = `run \`mcp-switchyard auth login ${target.connectorId}\``;
  return `Put a key into the headers of its entry, or ${login} if the server supports logins.`;
}

/** Returns the hint for a login that is refused although it has every scope that the server names. */
export function scopesAreNotEnough(target: LoginTarget): string {
  const { connectorId } = target;
  return `The login of ${connectorId} has every scope that the server names. Ask the server's operator for access.`;
}

/**
 * Returns the error for a connector that logs in without a person, if the server refuses its new tokens or demands more
 * scopes too often.
 */
export function machineRefused(target: LoginTarget, issuer: string | null, why: string): SwitchyardError {
  const { connectorId } = target;
  return new SwitchyardError('LOGIN_FAILED', `Connector ${connectorId} logs in automatically, but ${why}.`, {
    detail: { connectorId, ...(issuer !== null && { issuer }) },
  });
}

/** Returns LOGIN_UNSUPPORTED for settings that this version does not support; null for other settings. */
export function unsupportedLogin(connectorId: string, oauth: OAuthSettings | null): SwitchyardError | null {
  if (oauth?.unsupported === undefined) return null;
  const asked = oauth.unsupported;
  const message = `Connector ${connectorId} needs a login with ${asked}, which this version does not support.`;
  return new SwitchyardError('LOGIN_UNSUPPORTED', message, { detail: { connectorId, asked } });
}
