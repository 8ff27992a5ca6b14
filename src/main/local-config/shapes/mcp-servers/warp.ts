import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Warp's `working_directory` and Junie's `workingDirectory`. */
export function takeWorkingDirectory(draft: EntryDraft): void {
  draft.rename('working_directory', 'cwd');
  draft.rename('workingDirectory', 'cwd');
}
