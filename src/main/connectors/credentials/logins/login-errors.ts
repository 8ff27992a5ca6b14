import { SwitchyardError } from '../../../../shared/errors.ts';
import type { OAuthSettings } from '../../../../shared/map/oauth-settings.ts';
import type { LoginTarget } from '../login-target.ts';

/** What is told of a login that is needed. */
export interface NeededLogin {
  readonly issuer: string | null;
  /** The status of the refusal. */
  readonly status: number;
  /** The scopes that the login has to have; null where nothing names them. */
  readonly scope: string | null;
  /** Whether the refused request had a token, or the login was lost, rather than that there never was one. */
  readonly wasAuthorized: boolean;
}

/** The error of a connector that wants a person to log in. */
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

/** The hint where nothing says whether the server wants a key or a login. */
export function bothWays(target: LoginTarget): string {
  const login = `run \`mcp-switchyard auth login ${target.connectorId}\``;
  return `Put a key into the headers of its entry, or ${login} if the server has logins.`;
}

/** The hint where a login has every scope that the server names, and is refused. */
export function scopesAreNotEnough(target: LoginTarget): string {
  return `The login of ${target.connectorId} has the scopes that the server names; ask its operator for access.`;
}

/** Tokens of a machine's own that the server refuses though they are new, or that cannot be had so often. */
export function machineRefused(target: LoginTarget, issuer: string | null, why: string): SwitchyardError {
  const { connectorId } = target;
  return new SwitchyardError('LOGIN_FAILED', `Connector ${connectorId} logs in by itself, and ${why}.`, {
    detail: { connectorId, ...(issuer !== null && { issuer }) },
  });
}

/** LOGIN_UNSUPPORTED for settings that ask for what this version cannot do; null for others. */
export function unsupportedLogin(connectorId: string, oauth: OAuthSettings | null): SwitchyardError | null {
  if (oauth?.unsupported === undefined) return null;
  const message = `Connector ${connectorId} asks for a login with ${oauth.unsupported}, which this version cannot do.`;
  return new SwitchyardError('LOGIN_UNSUPPORTED', message, { detail: { connectorId, asked: oauth.unsupported } });
}
