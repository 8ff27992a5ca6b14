import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Translates `working_directory` (Warp) and `workingDirectory` (Junie). */
export function takeWorkingDirectory(draft: EntryDraft): void {
  draft.rename('working_directory', 'cwd');
  draft.rename('workingDirectory', 'cwd');
}
