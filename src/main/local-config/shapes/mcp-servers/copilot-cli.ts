import type { EntryDraft } from '../../entry/entry-draft.ts';
import { takeTimeout } from '../timeouts.ts';

/** Copilot CLI: an entry has a list `tools`, `["*"]` for all of them, and its `timeout` is in milliseconds. */
export function takeCopilotCli(draft: EntryDraft): void {
  if (draft.member('tools')?.type === 'array') takeTimeout(draft, 'timeout', 'call', 'ms');
}
