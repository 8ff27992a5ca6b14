import type { EntryDraft } from '../../entry/entry-draft.ts';
import type { ShapeContext } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';

/** LibreChat, the one client whose `mcpServers` are an object in YAML: both limits are in milliseconds. */
export function takeLibreChat(draft: EntryDraft, { format }: ShapeContext): void {
  takeTimeout(draft, 'initTimeout', 'connect', 'ms');
  if (format === 'yaml') takeTimeout(draft, 'timeout', 'call', 'ms');
  if (draft.says('customUserVars'))
    draft.warn('customUserVars', 'asks each user of LibreChat for values, which nobody is asked for here');
  draft.drop('stderr');
}
