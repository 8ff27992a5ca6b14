import { membersOf } from '../document/config-node.ts';
import type { EntryDraft } from './entry-draft.ts';

const LOGIN =
  'asks for a login, which this file cannot give: without a token in headers the server refuses what needs one';

/** Members that mean a login in a browser. The first one there is named. */
const LOGIN_MEMBERS = ['oauth', 'auth', 'oauthClientId', 'oauthScope', 'requiresOAuth', 'authProviderType'];

/** Warns of what an entry in our words asks for and does not get, one warning for each. */
export function warnOfWhatIsNotDone(draft: EntryDraft): void {
  if (draft.says('headersHelper'))
    draft.warn('headersHelper', 'names a command, which is never run: the headers that it prints are missing');
  const login = LOGIN_MEMBERS.find((name) => draft.says(name) && isLogin(name, draft.plain(name)));
  if (login !== undefined && !hasCredentials(draft)) draft.warn(login, LOGIN);
  const sandbox = ['sandbox', 'sandboxEnabled'].find((name) => isAsked(draft.plain(name)));
  if (sandbox !== undefined) draft.warn(sandbox, 'is not applied: the program runs without a sandbox');
  if (isAsked(draft.plain('socket')))
    draft.warn('socket', 'is a socket of this machine, which is not spoken here: the url is used instead');
  for (const name of ['disabled_prompts', 'disabled_resources']) {
    if (isAsked(draft.plain(name))) draft.warn(name, 'is not applied: what it names is shown all the same');
  }
}

/** Whether a value asks for anything: not absent, false or empty. */
function isAsked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Our own `auth` names how a key is sent, not a login; `oauth: false` says that there is none. */
function isLogin(name: string, value: unknown): boolean {
  if (value === false || value === null) return false;
  if (name !== 'auth') return true;
  if (typeof value === 'string') return /oauth/i.test(value);
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  if (Object.hasOwn(value, 'type')) return /oauth/i.test(String((value as { type: unknown }).type));
  return Object.keys(value).length > 0;
}

function hasCredentials(draft: EntryDraft): boolean {
  if (!draft.says('url')) return true;
  const headers = draft.member('headers');
  const named = headers === undefined ? [] : membersOf(headers);
  const isOurs = draft.says('auth') && /^(?:bearer|apiKey)$/.test(String(Object(draft.plain('auth')).type));
  return isOurs || named.some(({ name }) => /auth|key|token|secret|cookie/i.test(name));
}
