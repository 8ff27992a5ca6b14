import { describe, expect, it } from 'vitest';
import type { ToolDescriptor, ToolRegistry } from '../../../src/main/options/host-interfaces.ts';
import { listedTool } from '../../../src/main/tools/tool-info.ts';
import { type ToolChange, ToolStore } from '../../../src/main/tools/tool-store.ts';
import { type ConnectorEntry, normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import type { RemoteToolDefinition } from '../../../src/shared/tools/tool-definition.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { toolNamed } from '../../helpers/scripted-connection.ts';
import { entry, type Json } from '../../helpers/signed-map.ts';

const connector = (id: string, overrides: Json = {}): ConnectorEntry =>
  normalizeEntry(entry(id, overrides) as RawEntry, 300);

/** The tools of a connector as it lists them. */
const listed = (from: ConnectorEntry, definitions: readonly RemoteToolDefinition[], brand: string) =>
  [from.id, definitions.map((definition) => listedTool(from, definition, brand))] as const;

function setUp(registry: ToolRegistry | null = null) {
  const changes: ToolChange[] = [];
  const calls: [string, unknown][] = [];
  const logger = recordingLogger();
  const store = new ToolStore({
    registry,
    logger,
    callTool: async (name, args) => {
      calls.push([name, args]);
      return { content: [] };
    },
    onChange: (change) => void changes.push(change),
  });
  return { store, changes, calls, logger };
}

/** A registry that keeps what it is told, in order. */
function recordingRegistry(): ToolRegistry & { readonly told: string[]; readonly held: Map<string, ToolDescriptor> } {
  const told: string[] = [];
  const held = new Map<string, ToolDescriptor>();
  return {
    told,
    held,
    registerTool(descriptor) {
      told.push(`+${descriptor.name}`);
      held.set(descriptor.name, descriptor);
    },
    removeTool(name) {
      told.push(`-${name}`);
      return held.delete(name);
    },
  };
}

describe('ToolStore', () => {
  it('lists tools by their namespaced ids, in order of id', () => {
    const { store } = setUp();
    store.replace(...listed(connector('b'), [toolNamed('y'), toolNamed('x')], 'brand'));
    store.replace(...listed(connector('a'), [toolNamed('z')], 'brand'));
    expect(store.list().map(({ name }) => name)).toEqual(['a.z', 'b.x', 'b.y']);
    expect(store.get('b.x')).toMatchObject({ connectorId: 'b', definition: { name: 'x' } });
  });

  it('tells what came, changed and went, once', () => {
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

  it("keeps a host's registry in step, with descriptors that call back", async () => {
    const registry = recordingRegistry();
    const { store, calls } = setUp(registry);
    store.replace(
      ...listed(connector('a', { metadata: { brand: 'me' } }), [{ ...toolNamed('x'), description: 'd' }], 'brand'),
    );
    const descriptor = registry.held.get('a.x');
    expect(descriptor).toMatchObject({
      name: 'a.x',
      description: 'd',
      inputSchema: { type: 'object' },
      metadata: {
        connectorId: 'a',
        author: 'me',
        tags: ['scope:read', 'connector:a', 'connectorName:Connector a', 'brand:brand'],
      },
    });
    await descriptor?.handler({ q: 1 });
    store.replace(...listed(connector('a'), [], 'brand'));
    expect([calls, registry.told]).toEqual([[['a.x', { q: 1 }]], ['+a.x', '-a.x']]);
  });

  it('registers a tool anew when the entry gives it other tags', () => {
    const registry = recordingRegistry();
    const { store } = setUp(registry);
    store.replace(...listed(connector('a'), [toolNamed('x')], 'brand'));
    store.replace(...listed(connector('a', { scopes: ['write'] }), [toolNamed('x')], 'brand'));
    expect(registry.told).toEqual(['+a.x', '+a.x']);
    expect(store.get('a.x')?.tags[0]).toBe('scope:write');
  });

  it.each([[['a', 'a.b']], [['a.b', 'a']]])(
    'gives an id that two claim to the longer connector id, whoever comes first: %j',
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

  it('outlives a registry that rejects', async () => {
    const { store, logger } = setUp({ registerTool: (() => Promise.reject(new Error('full'))) as () => void });
    store.replace(...listed(connector('a'), [toolNamed('x')], 'brand'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(logger.lines.map(({ fields }) => fields.event)).toEqual(['registry-threw']);
  });

  it('outlives a registry that throws or has no removeTool', () => {
    const throwing: ToolRegistry = {
      registerTool() {
        throw new Error('full');
      },
    };
    const { store, logger } = setUp(throwing);
    store.replace(...listed(connector('a'), [toolNamed('x')], 'brand'));
    store.replace(...listed(connector('a'), [], 'brand'));
    expect([store.size, logger.lines.map(({ fields }) => fields.event)]).toEqual([0, ['registry-threw']]);
  });
});
