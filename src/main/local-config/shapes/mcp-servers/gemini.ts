import type { EntryDraft } from '../../entry/entry-draft.ts';
import { takeTimeout } from '../timeouts.ts';

/** Members that Gemini CLI alone has. */
const ITS_OWN = ['httpUrl', 'trust', 'includeTools', 'excludeTools', 'authProviderType'];

/**
 * Gemini CLI: `httpUrl` is Streamable HTTP and wins over `url`, which was SSE and is both today: Streamable HTTP is
 * tried first. Its `timeout` is in milliseconds.
 */
export function takeGemini(draft: EntryDraft): void {
  if (ITS_OWN.some((name) => draft.says(name))) takeTimeout(draft, 'timeout', 'call', 'ms');
  if (!draft.says('httpUrl')) return;
  draft.drop('url');
  draft.rename('httpUrl', 'url');
  if (!draft.says('type')) draft.set('type', 'streamable-http', 'url');
}
