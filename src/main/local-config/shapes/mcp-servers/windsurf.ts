import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Windsurf and Antigravity: `serverUrl`, which is Streamable HTTP or SSE. */
export function takeWindsurf(draft: EntryDraft): void {
  draft.rename('serverUrl', 'url');
}
