import type { EntryDraft } from '../../entry/entry-draft.ts';

/**
 * Translates entries of Windsurf and Antigravity. Their `serverUrl` is the address of a server for Streamable HTTP or
 * SSE.
 */
export function takeWindsurf(draft: EntryDraft): void {
  draft.rename('serverUrl', 'url');
}
