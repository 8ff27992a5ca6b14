import type { OwnPin } from '../../shared/tools/tool-records.ts';
import type { PinBook } from './pin-book.ts';
import type { ToolWriter } from './tool-writer.ts';

/** Reads the pins of a store, a few connectors at a time; falls back to the pins of this process if the store fails. */
export async function* ownPinsOf(
  writer: ToolWriter,
  scope: string,
  book: PinBook,
  which: 'approved' | 'all',
): AsyncGenerator<readonly OwnPin[], void> {
  let afterId: string | null = '';
  while (afterId !== null) {
    const from: string = afterId;
    const page = await writer.ask((api, storeId) => api.readPins(storeId, scope, from, which));
    if (page === null) return which === 'all' ? yield pinsIn(book) : undefined;
    yield page.value.pins;
    afterId = page.value.nextId;
  }
}

/** Returns the pins of this process. Their versions are unknown, so the fleet does not get them as approvals. */
function pinsIn(book: PinBook): readonly OwnPin[] {
  return book.connectorIds.flatMap((connectorId) =>
    book.pinsOf(connectorId).map(({ definition, pinnedAtMs }) => {
      const definitionText = JSON.stringify(definition);
      return { connectorId, tool: definition.name, version: 0, isApproved: false, definitionText, pinnedAtMs };
    }),
  );
}
