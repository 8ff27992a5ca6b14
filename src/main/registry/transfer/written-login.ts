import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { saying } from './written-members.ts';

type Settings = Readonly<Record<string, unknown>>;

/** The login settings of a server in the format of a client. */
export interface WrittenLogin {
  /** Members for the entry of the server. */
  readonly members: object;
  readonly isAll: boolean;
}

/**
 * Returns the login settings for Claude Code. Claude Code expects all scopes in one string, and ignores the members
 * that only this package has.
 */
export function loginForClaude(server: ServerInfo): object {
  const settings = settingsOf(server);
  if (settings === null) return asItIs(server);
  return { oauth: { ...settings, ...(Array.isArray(settings.scopes) && { scopes: settings.scopes.join(' ') }) } };
}

/**
 * Returns the login settings for Cursor. The client id, the client secret and the scopes are in `auth`. All other
 * settings are in `oauth`, which Cursor ignores.
 */
export function loginForCursor(server: ServerInfo): object {
  const settings = settingsOf(server);
  // The `auth` of a server says how to send a key, and must not be replaced.
  if (settings === null || settings.clientId === undefined || server.auth !== undefined) return asItIs(server);
  const { clientId, clientSecret: _secret, clientSecretEnv: _variable, scopes, ...rest } = settings;
  const auth = saying({ CLIENT_ID: clientId, CLIENT_SECRET: secretOf(settings), scopes });
  return { auth, ...(Object.keys(rest).length > 0 && { oauth: rest }) };
}

/**
 * Returns the login settings for Gemini CLI. The settings include the switch `enabled`. The secret is written as a
 * string or as `${NAME}`, because Gemini CLI has no member for the name of a variable with the secret.
 */
export function loginForGemini(server: ServerInfo): object {
  const settings = settingsOf(server);
  if (settings === null) return server.oauth === false ? { oauth: { enabled: false } } : asItIs(server);
  const { clientSecret: _secret, clientSecretEnv: _variable, ...rest } = settings;
  return { oauth: saying({ enabled: true, ...rest, clientSecret: secretOf(settings) }) };
}

/**
 * Returns the login settings for OpenCode. OpenCode rejects members that it does not know, so only known members are
 * written.
 */
export function loginForOpenCode(server: ServerInfo): WrittenLogin {
  const settings = settingsOf(server);
  if (settings === null) return { members: asItIs(server), isAll: true };
  const { clientId, scopes } = settings;
  const scope = Array.isArray(scopes) ? scopes.join(' ') : scopes;
  const oauth = saying({ clientId, clientSecret: secretOf(settings), scope });
  return { members: { oauth }, isAll: saysOnly(settings, ['clientId', 'clientSecret', 'clientSecretEnv', 'scopes']) };
}

/** Returns the login settings for Codex. Codex keeps no client secret in its file, so the secret is left out. */
export function loginForCodex(server: ServerInfo): WrittenLogin {
  const settings = settingsOf(server);
  if (settings === null) return { members: {}, isAll: true };
  const { clientId, scopes } = settings;
  const list = typeof scopes === 'string' ? scopes.split(/ +/) : scopes;
  const oauth = clientId === undefined ? undefined : { client_id: clientId };
  return { members: saying({ oauth, scopes: list }), isAll: saysOnly(settings, ['clientId', 'scopes']) };
}

/** Whether a server has settings for a login. */
export function wantsLogin(server: ServerInfo): boolean {
  return settingsOf(server) !== null;
}

function settingsOf({ transport, oauth }: ServerInfo): Settings | null {
  if (transport === 'stdio' || typeof oauth !== 'object' || oauth === null || Array.isArray(oauth)) return null;
  return oauth as Settings;
}

function asItIs({ oauth }: ServerInfo): object {
  return oauth === undefined ? {} : { oauth };
}

/** Returns the client secret, or a reference `${NAME}` to the variable that contains it. */
function secretOf({ clientSecret, clientSecretEnv }: Settings): unknown {
  return clientSecret ?? (typeof clientSecretEnv === 'string' ? `\${${clientSecretEnv}}` : undefined);
}

function saysOnly(settings: Settings, names: readonly string[]): boolean {
  return Object.keys(settings).every((name) => names.includes(name));
}
