import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Translates entries of Windsurf and Antigravity: `serverUrl` is Streamable HTTP or SSE. */
export function takeWindsurf(draft: EntryDraft): void {
  draft.rename('serverUrl', 'url');
}
