import { describe, expect, it } from 'vitest';
import { listedTool } from '../../../src/main/tools/tool-info.ts';
import { type ToolChange, ToolStore } from '../../../src/main/tools/tool-store.ts';
import { type ConnectorEntry, normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import type { RemoteToolDefinition } from '../../../src/shared/tools/tool-definition.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { toolNamed } from '../../helpers/scripted-connection.ts';
import { entry, type Json } from '../../helpers/signed-map.ts';

const connector = (id: string, overrides: Json = {}): ConnectorEntry =>
  normalizeEntry(entry(id, overrides) as RawEntry, 300);

/** Converts the tool definitions of a connector to listed tools. */
const listed = (from: ConnectorEntry, definitions: readonly RemoteToolDefinition[], brand: string) =>
  [from.id, definitions.map((definition) => listedTool(from, definition, brand))] as const;

function setUp(known: ReadonlySet<string> = new Set()) {
  const changes: ToolChange[] = [];
  const told: string[] = [];
  const logger = recordingLogger();
  const store = new ToolStore({
    logger,
    onChange: (change) => {
      changes.push(change);
      told.push('change');
    },
    isKnown: (id) => known.has(id),
  });
  store.follow({
    listed: ({ name }) => void told.push(`+${name}`),
    unlisted: (name) => void told.push(`-${name}`),
  });
  return { store, changes, told, logger };
}

describe('ToolStore', () => {
  it('ToolStore lists tools by their namespaced ids, in order of id', () => {
    const { store } = setUp();
    store.replace(...listed(connector('b'), [toolNamed('y'), toolNamed('x')], 'brand'));
    store.replace(...listed(connector('a'), [toolNamed('z')], 'brand'));
    expect(store.list().map(({ name }) => name)).toEqual(['a.z', 'b.x', 'b.y']);
    expect(store.get('b.x')).toMatchObject({ connectorId: 'b', definition: { name: 'x' } });
  });

  it('ToolStore reports added, changed and removed tools exactly once', () => {
    const { store, changes } = setUp();
    store.replace(...listed(connector('a'), [toolNamed('x'), toolNamed('y')], 'brand'));
    store.replace(...listed(connector('a'), [toolNamed('x'), toolNamed('y')], 'brand'));
    store.replace(...listed(connector('a'), [{ ...toolNamed('y'), description: 'new' }, toolNamed('z')], 'brand'));
    store.replace(...listed(connector('a'), [], 'brand'));
    expect(changes).toEqual([
      { connectorId: 'a', added: ['a.x', 'a.y'], changed: [], removed: [], how: {} },
      { connectorId: 'a', added: ['a.z'], changed: ['a.y'], removed: ['a.x'], how: { 'a.y': ['description'] } },
      { connectorId: 'a', added: [], changed: [], removed: ['a.y', 'a.z'], how: {} },
    ]);
    expect(store.size).toBe(0);
  });

  it('ToolStore notifies a follower of each listed and unlisted tool before it reports the complete change', () => {
    const { store, told } = setUp();
    store.replace(...listed(connector('a'), [toolNamed('x'), toolNamed('y')], 'brand'));
    store.replace(...listed(connector('a'), [toolNamed('y')], 'brand'));
    expect(told).toEqual(['+a.x', '+a.y', 'change', '-a.x', 'change']);
  });

  it("ToolStore notifies a follower again if a tool gets other tags from its connector's entry", () => {
    const { store, told } = setUp();
    store.replace(...listed(connector('a'), [toolNamed('x')], 'brand'));
    store.replace(...listed(connector('a', { scopes: ['write'] }), [toolNamed('x')], 'brand'));
    expect(told).toEqual(['+a.x', 'change', '+a.x', 'change']);
    expect(store.get('a.x')?.tags[0]).toBe('scope:write');
  });

  it.each([[['a', 'a.b']], [['a.b', 'a']]])(
    'ToolStore gives a tool id that two connectors claim to the connector with the longer id: %j',
    (order) => {
      const { store, logger, changes } = setUp();
      for (const id of order) store.replace(...listed(connector(id), [toolNamed(id === 'a' ? 'b.c' : 'c')], 'brand'));
      expect(store.get('a.b.c')?.connectorId).toBe('a.b');
      store.replace(...listed(connector('a.b'), [], 'brand'));
      expect(store.get('a.b.c')?.connectorId).toBe('a');
      expect(changes.at(-1)).toEqual({
        connectorId: 'a.b',
        added: [],
        changed: ['a.b.c'],
        removed: [],
        how: { 'a.b.c': ['name', 'tags'] },
      });
      store.replace(...listed(connector('a'), [], 'brand'));
      expect(store.list()).toEqual([]);
      expect(logger.lines).toEqual([
        expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ event: 'tool-collision' }) }),
      ]);
    },
  );

  it('ToolStore gives a tool no id that starts with the id of another known connector, even one without tools', () => {
    const known = new Set(['a', 'a.bank']);
    const { store, changes, told, logger } = setUp(known);
    const a = connector('a');
    store.replace(...listed(a, [toolNamed('bank.pay'), toolNamed('bank'), toolNamed('x.y.z')], 'brand'));
    expect(store.list().map(({ name }) => name)).toEqual(['a.bank', 'a.x.y.z']);
    expect([store.get('a.bank.pay'), store.size]).toEqual([undefined, 2]);
    known.add('a.x.y');
    store.reconsider(['a.x.y']);
    expect(store.list().map(({ name }) => name)).toEqual(['a.bank']);
    expect(changes.at(-1)).toEqual({ connectorId: 'a', added: [], changed: [], removed: ['a.x.y.z'], how: {} });
    expect(told.at(-2)).toBe('-a.x.y.z');
    const warned = logger.lines.map(({ fields }) => (fields as { readonly tool: string }).tool);
    expect(warned).toEqual(['a.bank.pay', 'a.x.y.z']);
    known.delete('a.bank');
    known.delete('a.x.y');
    store.reconsider(['a.bank', 'a.x.y', 'nobody']);
    expect(store.list().map(({ name }) => name)).toEqual(['a.bank', 'a.bank.pay', 'a.x.y.z']);
    expect(changes.at(-1)).toMatchObject({ connectorId: 'a', added: ['a.bank.pay', 'a.x.y.z'] });
    store.replace('a', []);
    known.add('a.bank');
    store.reconsider(['a.bank']);
    expect(changes.at(-1)).toMatchObject({ removed: ['a.bank.pay', 'a.bank', 'a.x.y.z'] });
  });

  it('ToolStore reports that a tool id moved to another connector, even if the two tools look the same', () => {
    const { store, changes } = setUp();
    store.replace(...listed(connector('a'), [toolNamed('bank.pay')], 'brand'));
    const bank = listed(connector('a.bank'), [{ ...toolNamed('pay'), name: 'pay' }], 'brand');
    store.replace(...bank);
    expect(changes.at(-1)).toMatchObject({ connectorId: 'a.bank', added: [], changed: ['a.bank.pay'] });
    expect(store.get('a.bank.pay')?.connectorId).toBe('a.bank');
  });
});
