import type { EntryDraft } from './entry-draft.ts';

/** Warns of what an entry in our words asks for and does not get, one warning for each. */
export function warnOfWhatIsNotDone(draft: EntryDraft): void {
  if (draft.says('headersHelper'))
    draft.warn('headersHelper', 'names a command, which is never run: the headers that it prints are missing');
  warnOfOtherLogins(draft);
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

/** Credentials that only the client itself can get. */
function warnOfOtherLogins(draft: EntryDraft): void {
  const provider = ['authProviderType', 'auth_provider_type'].find((name) => draft.says(name));
  if (provider !== undefined && draft.text(provider) !== 'dynamic_discovery')
    draft.warn(provider, 'asks for credentials of Google, which are not fetched here: put a token into headers');
  if (/^(?:chatgpt|refreshable_bearer)$/i.test(draft.text('auth') ?? ''))
    draft.warn('auth', 'asks for a token that only its client can get: put one into headers');
}
