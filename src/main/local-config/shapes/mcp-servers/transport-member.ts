import type { EntryDraft } from '../../entry/entry-draft.ts';

/**
 * Moves the members of `transport: { type, command, … }` into the entry, and renames `transportType` to `type`.
 * Continue, Zed and Smithery write these members.
 */
export function takeTransport(draft: EntryDraft): void {
  draft.flatten('transport');
  draft.rename('transportType', 'type');
  draft.rename('transport_type', 'type');
  // Some clients write the members for both kinds of transport, and leave the members for the unused transport empty.
  if (draft.text('url') === '') draft.drop('url');
  if (draft.text('command') === '' && draft.says('url')) draft.drop('command');
}
