import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ApprovedPin } from '../../../src/shared/tools/tool-records.ts';
import { ToolTable } from '../../../src/workers/tables/tool-table.ts';

const record = (description: string) => ({
  ...({
    connectorId: 'mail',
    endpoint: 'http://127.0.0.1:9/mail',
    era: 'modern',
    transport: 'streamable-http',
  } as const),
  ...{ protocolVersion: null, serverName: null, listedAtMs: 1 },
  toolsText: JSON.stringify([{ definition: { name: 'send', description }, tags: [], author: null }]),
});

function seen(description: string): ToolTable {
  const table = new ToolTable(new DatabaseSync(':memory:'));
  table.save('s', { connectors: [record(description)], pins: [], isPinned: true });
  return table;
}

const approved = (version: number, description: string): ApprovedPin => ({
  ...{ connectorId: 'mail', pinnedAtMs: 2, version },
  definition: { name: 'send', description },
});

const pinOf = (table: ToolTable) => table.pins('s', '', 'all').pins[0];

describe('fleet approvals in the store', () => {
  it("a fleet approval replaces the pin of a tool's first definition, so the listed tool differs from its pin", () => {
    const table = seen('sends');
    expect(pinOf(table)).toMatchObject({ version: 0, isApproved: false });
    expect(table.pins('s', '', 'approved').pins).toEqual([]);
    table.repin('s', [approved(1, 'posts')]);
    expect(pinOf(table)).toMatchObject({ connectorId: 'mail', tool: 'send', version: 1, isApproved: true });
    expect(table.changes('s')).toMatchObject([{ pinned: { description: 'posts' }, current: { description: 'sends' } }]);
    expect(table.pins('s', '', 'approved').pins).toHaveLength(1);
  });

  it('a fleet approval is not undone by an older approval, or by another approval of the same version', () => {
    const table = seen('sends');
    table.repin('s', [approved(3, 'posts')]);
    table.repin('s', [approved(2, 'older')]);
    table.repin('s', [approved(3, 'other')]);
    expect(pinOf(table)).toMatchObject({ version: 3, definitionText: expect.stringContaining('posts') });
  });

  it('a fleet approval keeps its version if the host approves another definition locally', () => {
    const table = seen('sends');
    table.repin('s', [approved(1, 'posts')]);
    table.approve('s', null, 5);
    expect(pinOf(table)).toMatchObject({ version: 1, isApproved: false });
    expect(table.changes('s')).toEqual([]);
    table.repin('s', [approved(2, 'posts')]);
    expect(pinOf(table)).toMatchObject({ version: 2, isApproved: true });
  });

  it('a fleet approval pins a tool that the host has never seen', () => {
    const table = new ToolTable(new DatabaseSync(':memory:'));
    table.repin('s', [approved(1, 'posts')]);
    expect(pinOf(table)).toMatchObject({ version: 1, isApproved: true });
  });

  it('fleet approvals are read in pages that end with the last pin of a connector', () => {
    const table = new ToolTable(new DatabaseSync(':memory:'));
    const pins = Array.from({ length: 1_300 }, (_, index) => ({
      connectorId: `connector-${String(index % 3)}`,
      ...{ definition: { name: `tool-${index}` }, pinnedAtMs: 1 },
    }));
    table.save('s', { connectors: [], pins, isPinned: true });
    const found: string[] = [];
    for (let afterId: string | null = ''; afterId !== null; ) {
      const page = table.pins('s', afterId, 'all');
      found.push(...page.pins.map(({ tool }) => tool));
      afterId = page.nextId;
    }
    expect(found.toSorted()).toEqual(pins.map(({ definition }) => definition.name).toSorted());
  });
});
