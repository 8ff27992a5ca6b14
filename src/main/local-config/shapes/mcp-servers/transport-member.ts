import type { EntryDraft } from '../../entry/entry-draft.ts';

/**
 * Takes `transport: { type, command, … }` apart, and `transportType` for the type, as Continue, Zed and Smithery write
 * them.
 */
export function takeTransport(draft: EntryDraft): void {
  draft.flatten('transport');
  draft.rename('transportType', 'type');
  draft.rename('transport_type', 'type');
  // Some clients write all members of both kinds, those of the other kind empty.
  if (draft.text('url') === '') draft.drop('url');
  if (draft.text('command') === '' && draft.says('url')) draft.drop('command');
}
