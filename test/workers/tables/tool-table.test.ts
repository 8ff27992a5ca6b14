import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ConnectorMessage, ToolsToSave } from '../../../src/shared/tools/tool-records.ts';
import { StoreKeeper } from '../../../src/workers/store/store-keeper.ts';
import { damagedConnectors } from '../../../src/workers/tables/connector-rows.ts';
import { ToolTable } from '../../../src/workers/tables/tool-table.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const SCOPE = 's';

const message = (connectorId: string, tools: Readonly<Record<string, string>>): ConnectorMessage => ({
  connectorId,
  endpoint: `http://h/${connectorId}`,
  era: 'modern',
  transport: 'streamable-http',
  protocolVersion: null,
  serverName: null,
  listedAtMs: 1,
  toolsText: JSON.stringify(
    Object.entries(tools).map(([name, description]) => ({
      definition: { name, description, inputSchema: {}, _meta: { seen: Math.random() } },
      tags: [],
      author: null,
    })),
  ),
});

const save = (table: ToolTable, connectors: readonly ConnectorMessage[], more: Partial<ToolsToSave> = {}) =>
  table.save(SCOPE, { connectors, pins: [], isPinned: true, ...more });

const ids = (table: ToolTable, afterId = ''): string[] =>
  table.page(SCOPE, afterId).connectors.map(({ connectorId }) => connectorId);

function setUp() {
  const database = new DatabaseSync(':memory:');
  return { database, table: new ToolTable(database) };
}

describe('ToolTable', () => {
  it('ToolTable returns every connector of a scope exactly once, page by page', () => {
    const { table } = setUp();
    const all = Array.from({ length: 70 }, (_, index) => `c${String(index).padStart(2, '0')}`);
    save(
      table,
      all.map((id) => message(id, { x: 'y' })),
    );
    table.save('another', { connectors: [message('elsewhere', {})], pins: [], isPinned: true });
    const seen: string[] = [];
    for (let from: string | null = ''; from !== null; from = table.page(SCOPE, from).nextId)
      seen.push(...ids(table, from));
    expect([seen, table.count(SCOPE)]).toEqual([all, 70]);
  });

  it('ToolTable pins the first definition of a tool, and reports a changed definition until the change is undone', () => {
    const { table } = setUp();
    expect(save(table, [message('a', { x: 'one', y: 'one' })])).toEqual([]);
    const [change, ...others] = save(table, [message('a', { x: 'two', y: 'one' })]);
    expect([change, others]).toMatchObject([{ connectorId: 'a', tool: 'x', members: ['description'] }, []]);
    expect(table.touch(SCOPE, ['a'], 5)).toEqual({ changes: [change], unknown: [] });
    expect(table.page(SCOPE, '').connectors[0]).toMatchObject({ listedAtMs: 5, changes: [change] });
    expect(table.changes('another')).toEqual([]);
    expect(table.changes(null)).toMatchObject([{ pinned: { description: 'one' }, current: { description: 'two' } }]);
    expect(save(table, [message('a', { x: 'one', y: 'one' })])).toEqual([]);
  });

  it('ToolTable keeps the pins of a connector that is removed and added again', () => {
    const { table } = setUp();
    save(table, [message('a', { x: 'one' })]);
    table.forget(SCOPE, ['a']);
    expect(ids(table)).toEqual([]);
    expect(save(table, [message('a', { x: 'two' })])).toHaveLength(1);
  });

  it('ToolTable reports unknown connectors, so that they are saved completely', () => {
    const { table } = setUp();
    save(table, [message('a', { x: 'one' })]);
    expect(table.touch(SCOPE, ['a', 'b'], 5)).toEqual({ changes: [], unknown: ['b'] });
    expect(ids(table)).toEqual(['a']);
  });

  it('ToolTable compares a list of tools with the pins that came with the list, unless it has its own pins', () => {
    const { table } = setUp();
    save(table, [message('a', { x: 'one' })]);
    const pin = (connectorId: string, name: string) => ({
      connectorId,
      definition: { name, description: 'zero', inputSchema: {} },
      pinnedAtMs: 7,
    });
    const news = [message('a', { x: 'one', y: 'two' }), message('b', { x: 'two' })];
    const pins = [pin('a', 'x'), pin('a', 'y'), pin('b', 'x'), pin('gone', 'x')];
    expect(save(table, news, { pins })).toMatchObject([
      { connectorId: 'a', tool: 'y', pinnedAtMs: 7, pinned: { description: 'zero' }, current: { description: 'two' } },
      { connectorId: 'b', tool: 'x' },
    ]);
    expect(save(table, [message('gone', { x: 'one' })])).toHaveLength(1);
  });

  it('ToolTable compares each of two tools with the same name to the pin, not to each other', () => {
    const { table } = setUp();
    const tool = (description: string) => ({
      definition: { name: 'x', description, inputSchema: {} },
      tags: [],
      author: null,
    });
    const twice = { ...message('a', {}), toolsText: JSON.stringify([tool('one'), tool('two')]) };
    expect(save(table, [twice])).toMatchObject([{ tool: 'x', current: { description: 'two' } }]);
  });

  it('ToolTable ignores the order of members for tools without a canonical form', () => {
    const { table } = setUp();
    const listing = (inputSchema: object) => ({
      ...message('a', {}),
      toolsText: JSON.stringify([{ definition: { name: 'x', inputSchema }, tags: [], author: null }]),
    });
    save(table, [listing({ a: '\ud800', b: 1 })]);
    expect(save(table, [listing({ b: 1, a: '\ud800' })])).toEqual([]);
    expect(save(table, [listing({ b: 2, a: '\ud800' })])).toMatchObject([{ members: ['inputSchema'] }]);
  });

  it('ToolTable compares nothing if tools are not pinned', () => {
    const { table } = setUp();
    save(table, [message('a', { x: 'one' })], { isPinned: false });
    expect(save(table, [message('a', { x: 'two' })], { isPinned: false })).toEqual([]);
    expect(ids(table)).toEqual(['a']);
  });

  it('ToolTable approves the definition that was reviewed, and no later definition', () => {
    const { table } = setUp();
    save(table, [message('a', { x: 'one' })]);
    const [seen] = save(table, [message('a', { x: 'two' })]);
    if (seen === undefined) throw new Error('Nothing changed');
    save(table, [message('a', { x: 'three' })]);
    expect(table.approve(SCOPE, [seen], 9)).toEqual([]);
    expect(table.approve(SCOPE, null, 9)).toHaveLength(1);
    expect(table.changes(SCOPE)).toEqual([]);
    expect(save(table, [message('a', { x: 'two' })])).toMatchObject([{ pinnedAtMs: 9 }]);
  });

  it.each([
    "UPDATE connector SET connector_id = 'nail'",
    'UPDATE connector SET listed_at_ms = 9',
    'UPDATE connector SET revision = 9',
  ])('ToolTable reports a record as damaged after %s, and does not use it for another connector', (sql) => {
    const { database, table } = setUp();
    save(table, [message('mail', { x: 'one' })]);
    expect(table.touch(SCOPE, ['mail'], 7)).toMatchObject({ unknown: [] });
    expect(table.page(SCOPE, '').connectors).toMatchObject([{ connectorId: 'mail', listedAtMs: 7 }]);
    database.exec(sql);
    const { connectors, damaged } = table.page(SCOPE, '');
    expect([connectors, damaged, damagedConnectors(database)]).toEqual([[], damaged, damaged]);
    expect(damaged).toHaveLength(1);
    expect(table.touch(SCOPE, ['mail'], 8)).toMatchObject({ unknown: ['mail'] });
  });

  it('ToolTable reports a record that does not match its checksum, and returns the other records', () => {
    const { database, table } = setUp();
    save(table, [message('a', { x: 'one' }), message('b', { x: 'one' })]);
    database.exec("UPDATE connector SET tools = replace(tools, 'one', 'two') WHERE connector_id = 'a'");
    expect(table.page(SCOPE, '')).toMatchObject({ connectors: [{ connectorId: 'b' }], damaged: ['a'] });
  });
});

describe('tool pins', () => {
  it('tool pins survive damage elsewhere in the store, and a damaged pin is reported instead of replaced', () => {
    using dir = new TempDir();
    const open = () => new StoreKeeper(dir.path, () => {});
    const keep = (keeper: StoreKeeper, description: string) =>
      keeper.attempt(() =>
        keeper.store().withTools(null, (table) => save(table, [message('a', { x: description, y: description })])),
      ).value;
    const first = open();
    keep(first, 'one');
    first.close();
    const vandal = new DatabaseSync(join(dir.path, 'switchyard.db'));
    vandal.exec("UPDATE tool_pin SET sha256 = '0' WHERE tool = 'y'");
    vandal.close();
    const second = open();
    // The damaged pin is lost with the old store, and the pin of the tool x is still valid.
    expect(keep(second, 'two')).toMatchObject([{ tool: 'x', members: ['description'] }]);
    second.close();
    expect(readdirSync(dir.path).some((file) => file.endsWith('.corrupt'))).toBe(true);
  });
});
