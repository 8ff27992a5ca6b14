import { describe, expect, it } from 'vitest';
import { PinBook } from '../../../src/main/state-dir/pin-book.ts';
import type { ConnectorRecord } from '../../../src/shared/tools/tool-records.ts';

const record = (tools: Readonly<Record<string, string>>, listedAtMs = 1): ConnectorRecord => ({
  ...{ connectorId: 'c', endpoint: 'http://c/', era: 'modern', transport: 'streamable-http' },
  ...{ protocolVersion: null, serverName: null, listedAtMs },
  tools: Object.entries(tools).map(([name, description]) => ({
    definition: { name, description, inputSchema: {} },
    ...{ tags: [], author: null },
  })),
});

describe('PinBook', () => {
  it('PinBook pins a tool when it first sees it, and reports the tool while it differs from its pin', () => {
    const book = new PinBook();
    expect(book.check(record({ x: 'one' }))).toEqual([]);
    expect(book.check(record({ x: 'two', y: 'new' }, 2))).toMatchObject([
      { connectorId: 'c', tool: 'x', members: ['description'], pinnedAtMs: 1 },
    ]);
    expect(book.check(record({ x: 'one' }, 3))).toEqual([]);
    expect(book.pinsOf('c').map(({ definition, pinnedAtMs }) => [definition.name, pinnedAtMs])).toEqual([
      ['x', 1],
      ['y', 2],
    ]);
  });

  it('PinBook approves the definition that was reviewed, and no later definition', () => {
    const book = new PinBook();
    book.check(record({ x: 'one' }));
    const [seen] = book.check(record({ x: 'two' }));
    book.check(record({ x: 'three' }));
    expect(book.approve(seen === undefined ? [] : [seen], 9)).toEqual([]);
    expect(book.approve(null, 9)).toHaveLength(1);
    expect(book.changes()).toEqual([]);
    expect(book.pinsOf('c')).toMatchObject([{ definition: { description: 'three' }, pinnedAtMs: 9 }]);
  });

  it('PinBook adopts pins from the store, and keeps the time of pins that it already has', () => {
    const [book, store] = [new PinBook(), new PinBook()];
    book.check(record({ same: 'one' }));
    store.check(record({ same: 'one', changed: 'one' }, 5));
    store.check(record({ same: 'one', changed: 'two' }, 6));
    book.learn(record({ same: 'one', changed: 'two' }, 7), store.changes());
    expect(book.pinsOf('c')).toMatchObject([
      { definition: { name: 'same' }, pinnedAtMs: 1 },
      { definition: { name: 'changed', description: 'one' }, pinnedAtMs: 5 },
    ]);
    expect(book.changes()).toMatchObject([{ tool: 'changed' }]);
  });

  it('PinBook keeps the pins of a connector that is removed and added again', () => {
    const book = new PinBook();
    book.check(record({ x: 'one' }));
    book.forget('c');
    expect([book.changes(), book.connectorIds]).toEqual([[], ['c']]);
    expect(book.check(record({ x: 'two' }))).toHaveLength(1);
  });
});
