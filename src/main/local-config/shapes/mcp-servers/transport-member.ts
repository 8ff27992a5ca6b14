import type { EntryDraft } from '../../entry/entry-draft.ts';

/**
 * Splits `transport: { type, command, … }` into members, and takes the type from `transportType`, as Continue, Zed and
 * Smithery write them.
 */
export function takeTransport(draft: EntryDraft): void {
  draft.flatten('transport');
  draft.rename('transportType', 'type');
  draft.rename('transport_type', 'type');
  // Some clients write the members of both kinds of transport, and leave the members of the unused kind empty.
  if (draft.text('url') === '') draft.drop('url');
  if (draft.text('command') === '' && draft.says('url')) draft.drop('command');
}
