import type { OwnPin } from '../../shared/tools/tool-records.ts';
import type { PinBook } from './pin-book.ts';
import type { ToolWriter } from './tool-writer.ts';

/**
 * Reads the pins of a store, a few connectors at a time. If the store fails, yields the pins that this process knows.
 */
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

/**
 * Returns the pins that this process knows. They have no known version, so the fleet does not treat them as approvals.
 */
function pinsIn(book: PinBook): readonly OwnPin[] {
  return book.connectorIds.flatMap((connectorId) =>
    book.pinsOf(connectorId).map(({ definition, pinnedAtMs }) => {
      const definitionText = JSON.stringify(definition);
      return { connectorId, tool: definition.name, version: 0, isApproved: false, definitionText, pinnedAtMs };
    }),
  );
}
