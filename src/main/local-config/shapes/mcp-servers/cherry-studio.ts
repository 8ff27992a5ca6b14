import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Translates entries of Cherry Studio: `isActive`. */
export function takeCherryStudio(draft: EntryDraft): void {
  draft.rename('isActive', 'enabled');
}
