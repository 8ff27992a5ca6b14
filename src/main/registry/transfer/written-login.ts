import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { saying } from './written-members.ts';

type Settings = Readonly<Record<string, unknown>>;

/** What a client's file says of a login, and whether it says all of it. */
export interface WrittenLogin {
  /** Members of the entry. */
  readonly members: object;
  readonly isAll: boolean;
}

/** Claude Code: one text of scopes. The rest is ours, which it passes over. */
export function loginForClaude(server: ServerInfo): object {
  const settings = settingsOf(server);
  if (settings === null) return asItIs(server);
  return { oauth: { ...settings, ...(Array.isArray(settings.scopes) && { scopes: settings.scopes.join(' ') }) } };
}

/** Cursor: the client stands in `auth`, and what `auth` has no words for in `oauth`, which it passes over. */
export function loginForCursor(server: ServerInfo): object {
  const settings = settingsOf(server);
  // An `auth` of ours says how a key is sent.
  if (settings === null || settings.clientId === undefined || server.auth !== undefined) return asItIs(server);
  const { clientId, clientSecret: _secret, clientSecretEnv: _variable, scopes, ...rest } = settings;
  const auth = saying({ CLIENT_ID: clientId, CLIENT_SECRET: secretOf(settings), scopes });
  return { auth, ...(Object.keys(rest).length > 0 && { oauth: rest }) };
}

/** Gemini CLI: a switch, and the secret itself instead of the name of its variable. */
export function loginForGemini(server: ServerInfo): object {
  const settings = settingsOf(server);
  if (settings === null) return server.oauth === false ? { oauth: { enabled: false } } : asItIs(server);
  const { clientSecret: _secret, clientSecretEnv: _variable, ...rest } = settings;
  return { oauth: saying({ enabled: true, ...rest, clientSecret: secretOf(settings) }) };
}

/** OpenCode, which refuses members that it does not know. */
export function loginForOpenCode(server: ServerInfo): WrittenLogin {
  const settings = settingsOf(server);
  if (settings === null) return { members: asItIs(server), isAll: true };
  const { clientId, scopes } = settings;
  const scope = Array.isArray(scopes) ? scopes.join(' ') : scopes;
  const oauth = saying({ clientId, clientSecret: secretOf(settings), scope });
  return { members: { oauth }, isAll: saysOnly(settings, ['clientId', 'clientSecret', 'clientSecretEnv', 'scopes']) };
}

/** Codex, which keeps no secret in its file, and logs in only when it is told to. */
export function loginForCodex(server: ServerInfo): WrittenLogin {
  const settings = settingsOf(server);
  if (settings === null) return { members: {}, isAll: true };
  const { clientId, scopes } = settings;
  const list = typeof scopes === 'string' ? scopes.split(/ +/) : scopes;
  const oauth = clientId === undefined ? undefined : { client_id: clientId };
  return { members: saying({ oauth, scopes: list }), isAll: saysOnly(settings, ['clientId', 'scopes']) };
}

/** Whether a server says how to log in. */
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

/** The secret, or the variable that holds it, as a text. */
function secretOf({ clientSecret, clientSecretEnv }: Settings): unknown {
  return clientSecret ?? (typeof clientSecretEnv === 'string' ? `\${${clientSecretEnv}}` : undefined);
}

function saysOnly(settings: Settings, names: readonly string[]): boolean {
  return Object.keys(settings).every((name) => names.includes(name));
}
