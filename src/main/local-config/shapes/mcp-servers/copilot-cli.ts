import type { EntryDraft } from '../../entry/entry-draft.ts';
import { takeTimeout } from '../timeouts.ts';

/**
 * Translates entries of Copilot CLI. They have a list `tools`, with `["*"]` for all tools, and a `timeout` in
 * milliseconds.
 */
export function takeCopilotCli(draft: EntryDraft): void {
  if (draft.member('tools')?.type === 'array') takeTimeout(draft, 'timeout', 'call', 'ms');
}
