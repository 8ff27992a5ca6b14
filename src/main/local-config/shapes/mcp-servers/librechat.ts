import type { EntryDraft } from '../../entry/entry-draft.ts';
import type { ShapeContext } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';

/**
 * Translates entries of LibreChat. No other client writes `mcpServers` as an object in YAML. `initTimeout` and
 * `timeout` are in milliseconds.
 */
export function takeLibreChat(draft: EntryDraft, { format }: ShapeContext): void {
  takeTimeout(draft, 'initTimeout', 'connect', 'ms');
  if (format === 'yaml') takeTimeout(draft, 'timeout', 'call', 'ms');
  if (draft.says('customUserVars'))
    draft.warn('customUserVars', 'needs values from each user of LibreChat, which cannot be prompted for here');
  draft.drop('stderr');
}
