import type { EntryDraft } from './entry-draft.ts';

/** Adds one warning for each setting of an entry that this package does not support. */
export function warnOfWhatIsNotDone(draft: EntryDraft): void {
  if (draft.says('headersHelper'))
    draft.warn('headersHelper', 'names a command, which is never run, so the headers that it prints are missing');
  warnOfOtherLogins(draft);
  const sandbox = ['sandbox', 'sandboxEnabled'].find((name) => isAsked(draft.plain(name)));
  if (sandbox !== undefined) draft.warn(sandbox, 'is not applied: the stdio server runs without a sandbox');
  if (isAsked(draft.plain('socket')))
    draft.warn('socket', 'is a local socket, which is not supported here: the url is used instead');
  for (const name of ['disabled_prompts', 'disabled_resources']) {
    if (isAsked(draft.plain(name))) draft.warn(name, 'is not applied: the items that it lists are still shown');
  }
}

/** Whether a setting is switched on: its value is not absent, null, false or empty. */
function isAsked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Warns about settings that work only in another MCP client, because only that client can get the credentials. */
function warnOfOtherLogins(draft: EntryDraft): void {
  const provider = ['authProviderType', 'auth_provider_type'].find((name) => draft.says(name));
  if (provider !== undefined && draft.text(provider) !== 'dynamic_discovery')
    draft.warn(provider, 'requires Google credentials, which are not fetched here: put a token into headers');
  if (/^(?:chatgpt|refreshable_bearer)$/i.test(draft.text('auth') ?? ''))
    draft.warn('auth', 'requires a token that only its client can obtain: put a token into headers');
}
