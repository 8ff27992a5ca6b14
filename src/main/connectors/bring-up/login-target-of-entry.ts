import { createHmac, randomBytes } from 'node:crypto';
import { SwitchyardError } from '../../../shared/errors.ts';
import { oauthSettingsOf } from '../../../shared/map/oauth-settings.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { isLocal, loginSecretOf } from '../connection/local-entry.ts';
import type { LoginTarget } from '../credentials/login-target.ts';

/** Where the secrets of logins come from. */
export interface LoginEnvironment {
  /** The environment variables that an entry of a map may name. A local entry may name any variable. */
  readonly allowEnv: readonly string[];
  /** The environment variables. They are read each time a secret is needed, so that a rotated secret takes effect. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Same as `LoginTarget.isOfReplica`. */
  readonly isOfReplica?: boolean | undefined;
}

/**
 * The key of the HMAC that marks a secret (`secretMark`). Only this process has the key, so a mark is useless
 * elsewhere.
 */
const MARK_KEY = randomBytes(32);

/** The secrets of one entry's login, read when they are needed. */
export type LoginSecrets = Pick<LoginTarget, 'clientSecret' | 'privateKey'>;

/** Returns an entry in the form that logins need; null for an entry that excludes logins (`oauth: false`). */
export function loginTargetOf(entry: ConnectorEntry, environment: LoginEnvironment): LoginTarget | null {
  const oauth = oauthSettingsOf(entry);
  if (oauth === 'off') return null;
  const held = loginSecretOf(entry);
  return {
    connectorId: entry.id,
    url: new URL(entry.endpoint),
    oauth,
    ...secretsOf(entry, environment),
    isLocal: isLocal(entry),
    ...(environment.isOfReplica === true && { isOfReplica: true }),
    ...(held !== null && { secretMark: createHmac('sha256', MARK_KEY).update(held).digest('base64url') }),
  };
}

/**
 * Returns functions that read the secrets of an entry's login. Each function returns null if the entry names no secret.
 * It throws LOGIN_SECRET_MISSING if the entry names a variable that is not set. It also throws if an entry of a map
 * names a variable that `allowEnv` does not list. Otherwise the publisher of the map could have any variable sent to
 * an issuer of its choice.
 */
export function secretsOf(entry: ConnectorEntry, environment: LoginEnvironment): LoginSecrets {
  const read = (member: 'clientSecretEnv' | 'privateKeyEnv'): string | null => {
    const settings = oauthSettingsOf(entry);
    const variable = settings === null || settings === 'off' ? undefined : settings[member];
    return variable === undefined ? null : variableOf(entry, member, variable, environment);
  };
  return {
    clientSecret: () => loginSecretOf(entry) ?? read('clientSecretEnv'),
    privateKey: () => read('privateKeyEnv'),
  };
}

function variableOf(
  entry: ConnectorEntry,
  member: string,
  variable: string,
  { allowEnv, env }: LoginEnvironment,
): string {
  const asks = `Connector ${entry.id} names the variable ${variable} in oauth.${member}`;
  const detail = { connectorId: entry.id, variable };
  if (!isLocal(entry) && !allowEnv.includes(variable)) {
    const message = `${asks}. A map may name it only if allowEnv lists it (--allow-env ${variable}).`;
    throw new SwitchyardError('LOGIN_SECRET_MISSING', message, { detail });
  }
  const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
  if (value) return value;
  throw new SwitchyardError('LOGIN_SECRET_MISSING', `${asks}, but the variable is not set or is empty.`, { detail });
}
