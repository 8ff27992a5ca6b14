import type { EntryDraft } from '../../entry/entry-draft.ts';
import { takeTimeout } from '../timeouts.ts';

/**
 * Translates entries of Copilot CLI, which are recognized by their list `tools`. Their `timeout` is in milliseconds.
 */
export function takeCopilotCli(draft: EntryDraft): void {
  if (draft.member('tools')?.type === 'array') takeTimeout(draft, 'timeout', 'call', 'ms');
}
