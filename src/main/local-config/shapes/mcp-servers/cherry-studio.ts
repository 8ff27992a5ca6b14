import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Translates `isActive`, a member of entries of Cherry Studio. */
export function takeCherryStudio(draft: EntryDraft): void {
  draft.rename('isActive', 'enabled');
}
