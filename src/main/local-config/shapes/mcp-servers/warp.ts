import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Translates `working_directory` of Warp and `workingDirectory` of Junie. */
export function takeWorkingDirectory(draft: EntryDraft): void {
  draft.rename('working_directory', 'cwd');
  draft.rename('workingDirectory', 'cwd');
}
