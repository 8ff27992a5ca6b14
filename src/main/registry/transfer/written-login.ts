import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { saying } from './written-members.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Login settings of a server, as a client's configuration file writes them, and whether they are complete. */
export interface WrittenLogin {
  /** Members of the entry. */
  readonly members: object;
  readonly isAll: boolean;
}

/**
 * Returns the login settings for Claude Code, which has its scopes in one text. Claude Code ignores the other members,
 * which are specific to this package.
 */
export function loginForClaude(server: ServerInfo): object {
  const settings = settingsOf(server);
  if (settings === null) return asItIs(server);
  return { oauth: { ...settings, ...(Array.isArray(settings.scopes) && { scopes: settings.scopes.join(' ') }) } };
}

/**
 * Returns the login settings for Cursor: the client id and secret are in `auth`, and everything that `auth` cannot
 * express is in `oauth`, which Cursor ignores.
 */
export function loginForCursor(server: ServerInfo): object {
  const settings = settingsOf(server);
  // The `auth` of this package says how to send a key.
  if (settings === null || settings.clientId === undefined || server.auth !== undefined) return asItIs(server);
  const { clientId, clientSecret: _secret, clientSecretEnv: _variable, scopes, ...rest } = settings;
  const auth = saying({ CLIENT_ID: clientId, CLIENT_SECRET: secretOf(settings), scopes });
  return { auth, ...(Object.keys(rest).length > 0 && { oauth: rest }) };
}

/** Returns the login settings for Gemini CLI: a switch, and the secret itself instead of the name of its variable. */
export function loginForGemini(server: ServerInfo): object {
  const settings = settingsOf(server);
  if (settings === null) return server.oauth === false ? { oauth: { enabled: false } } : asItIs(server);
  const { clientSecret: _secret, clientSecretEnv: _variable, ...rest } = settings;
  return { oauth: saying({ enabled: true, ...rest, clientSecret: secretOf(settings) }) };
}

/** Returns the login settings for OpenCode, which rejects unknown members. */
export function loginForOpenCode(server: ServerInfo): WrittenLogin {
  const settings = settingsOf(server);
  if (settings === null) return { members: asItIs(server), isAll: true };
  const { clientId, scopes } = settings;
  const scope = Array.isArray(scopes) ? scopes.join(' ') : scopes;
  const oauth = saying({ clientId, clientSecret: secretOf(settings), scope });
  return { members: { oauth }, isAll: saysOnly(settings, ['clientId', 'clientSecret', 'clientSecretEnv', 'scopes']) };
}

/** Returns the login settings for Codex, which keeps no secret in its file and logs in only on request. */
export function loginForCodex(server: ServerInfo): WrittenLogin {
  const settings = settingsOf(server);
  if (settings === null) return { members: {}, isAll: true };
  const { clientId, scopes } = settings;
  const list = typeof scopes === 'string' ? scopes.split(/ +/) : scopes;
  const oauth = clientId === undefined ? undefined : { client_id: clientId };
  return { members: saying({ oauth, scopes: list }), isAll: saysOnly(settings, ['clientId', 'scopes']) };
}

/** Whether a server has login settings. */
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

/** Returns the secret, or the variable that contains it, as a text. */
function secretOf({ clientSecret, clientSecretEnv }: Settings): unknown {
  return clientSecret ?? (typeof clientSecretEnv === 'string' ? `\${${clientSecretEnv}}` : undefined);
}

function saysOnly(settings: Settings, names: readonly string[]): boolean {
  return Object.keys(settings).every((name) => names.includes(name));
}
