import { describe, expect, it } from 'vitest';
import { answer, type Fault, FaultyServer } from '../helpers/faulty-server.ts';
import { manage } from '../helpers/manager.ts';
import { counterOf, mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { entry } from '../helpers/signed-map.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`);

/** Creates a manager whose connectors are proxies that are ready immediately. */
const managed = (names: readonly string[]) =>
  manage(
    names.map((id) => entry(id)),
    {
      offload: 'never',
      createProxy: () => ({
        connect: () => Promise.resolve(),
        getTools: () => [{ name: 'do', inputSchema: { type: 'object' } }],
        callTool: () => Promise.resolve({ content: [] }),
      }),
    },
  );

describe('a map that loses more than half of its connectors', () => {
  it('fault 51: connectors stay callable, and a warning is logged, when a new map lacks more than half of them', async () => {
    await using it = await managed(ids(5));
    await it.manager.sync();
    const before = await counterOf('mcp_service_map_alarms_total', { code: 'MAP_MASS_REMOVAL' });
    await it.publish([]);
    expect(it.manager.listConnectors().map(({ id }) => id)).toEqual(ids(5));
    expect(it.manager.listTools()).toHaveLength(5);
    await expect(it.manager.callTool('c3.do')).resolves.toEqual({ content: [] });
    expect(it.manager.status().serviceMap.heldRemovals).toEqual(ids(5));
    expect(it.lines.filter(({ fields }) => fields.code === 'MAP_MASS_REMOVAL')).toMatchObject([{ level: 'warn' }]);
    expect(await counterOf('mcp_service_map_alarms_total', { code: 'MAP_MASS_REMOVAL' })).toBe(before + 1);
  });

  it.each(['a newer map', 'a 304 response'])(
    'fault 51: connectors that a new map lacks in a mass removal are removed once %s confirms the removal',
    async (what) => {
      await using it = await managed(ids(5));
      await it.manager.sync();
      await it.publish([entry('c0')]);
      expect(it.manager.listTools()).toHaveLength(5);
      if (what === 'a newer map') await it.publish([entry('c0')]);
      else await it.manager.sync(true);
      expect(it.lines.filter(({ fields }) => fields.code === 'MAP_MASS_REMOVAL')).toHaveLength(1);
      expect(it.manager.listConnectors().map(({ id }) => id)).toEqual(['c0']);
      expect(it.manager.listTools().map(({ name }) => name)).toEqual(['c0.do']);
      expect(it.manager.status().serviceMap).toMatchObject({ heldRemovals: [], connectorCount: 1 });
      expect(it.manager.status().connectors).toHaveLength(1);
    },
  );

  it('fault 51: a connector does not reconnect if a map lists it again before a mass removal is confirmed', async () => {
    await using it = await managed(ids(4));
    await it.manager.sync();
    await it.publish([]);
    await it.publish([entry('c2')]);
    expect(it.manager.listConnectors().map(({ id }) => id)).toEqual(['c2']);
    const told = it.lines.filter(({ fields }) => fields.connectorId === 'c2' && fields.to === 'connecting');
    expect(told).toHaveLength(1);
  });

  it.each([
    [4, 2],
    [3, 0],
    [10, 5],
  ])(
    'fault 51: a new map takes effect immediately if the number of connectors falls from %d to %d',
    async (before, after) => {
      await using it = await managed(ids(before));
      await it.manager.sync();
      await it.publish(ids(after).map((id) => entry(id)));
      expect(it.manager.listConnectors()).toHaveLength(after);
      expect(it.manager.listTools()).toHaveLength(after);
    },
  );
});

describe('connectors whose removal is held back', () => {
  const mapFor = (names: readonly string[]): Uint8Array => mapNow(names.map((id) => off(id)));
  const serves = (names: readonly string[]): Fault => answer(mapFor(names));

  /** Creates a manager that holds back the removal of all but the first of these connectors. */
  async function holding(names: readonly string[], options: Parameters<typeof mapUnderTest>[1] = {}) {
    const server = await FaultyServer.start(serves(names));
    const held = mapUnderTest(server.url, options);
    await held.manager.sync();
    const left = mapFor(names.slice(0, 1));
    server.behave(answer(left));
    await held.manager.sync(true);
    return {
      server,
      held,
      left,
      ids: () => held.manager.listConnectors().map(({ id }) => id),
      heldIds: () => held.manager.status().serviceMap.heldRemovals,
      async serve(fault: Fault) {
        server.behave(fault);
        await held.manager.sync(true);
      },
      async [Symbol.asyncDispose]() {
        await held[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  it('fault 51: a second load of the same map confirms a mass removal, even if the server sends no ETag', async () => {
    await using it = await holding(ids(5));
    expect([it.ids(), it.heldIds()]).toEqual([ids(5), ids(5).slice(1)]);
    await it.serve(answer(it.left));
    expect([it.ids(), it.heldIds()]).toEqual([['c0'], []]);
    expect(it.held.complaints()).toEqual(['map-mass-removal MAP_MASS_REMOVAL']);
  });

  it('fault 51: a mass removal is not confirmed by failed loads of the map', async () => {
    await using it = await holding(ids(5));
    const forged = Buffer.from(mapFor([])).map((byte, at, all) => (at === all.length - 10 ? byte ^ 1 : byte));
    for (const fault of [answer('', 'HTTP/1.1 500 X\r\n'), answer(forged)]) {
      await it.serve(fault);
      expect([it.ids(), it.heldIds()]).toEqual([ids(5), ids(5).slice(1)]);
    }
    await it.serve(answer(it.left));
    expect(it.ids()).toEqual(['c0']);
  });

  it('fault 51: a mass removal is dropped if the next map lists the connectors again', async () => {
    await using it = await holding(ids(5));
    await it.serve(serves(ids(5)));
    expect([it.ids(), it.heldIds()]).toEqual([ids(5), []]);
    await it.serve(serves([]));
    expect([it.ids(), it.heldIds()]).toEqual([ids(5), ids(5)]);
    expect(it.held.complaints()).toEqual(Array(2).fill('map-mass-removal MAP_MASS_REMOVAL'));
  });

  it('fault 51: a mass removal by a second map needs its own confirmation', async () => {
    await using it = await holding(ids(5));
    const others = ['o1', 'o2', 'o3', 'o4'];
    await it.serve(serves(['c0', ...others]));
    expect([it.ids(), it.heldIds()]).toEqual([['c0', ...others], []]);
    await it.serve(serves(['c0']));
    expect([it.ids(), it.heldIds()]).toEqual([['c0', ...others], others]);
  });

  it('fault 51: a mass removal needs a confirmation even if the map before it was stored by an earlier process', async () => {
    using dir = new TempDir();
    await using server = await FaultyServer.start(serves(ids(5)));
    {
      await using before = mapUnderTest(server.url, { stateDir: dir.path });
      await before.manager.sync();
    }
    server.behave(serves([]));
    await using after = mapUnderTest(server.url, { stateDir: dir.path });
    await after.manager.sync();
    expect(after.manager.listConnectors().map(({ id }) => id)).toEqual(ids(5));
    expect(after.complaints()).toEqual(['map-mass-removal MAP_MASS_REMOVAL']);
  });

  it('fault 51: connectors of an unconfirmed mass removal survive a restart while the map server is down', async () => {
    using dir = new TempDir();
    let url = '';
    {
      await using it = await holding(ids(5), { stateDir: dir.path });
      ({ url } = it.server);
    }
    await using after = mapUnderTest(url, { stateDir: dir.path });
    await after.manager.sync();
    expect(after.manager.listConnectors().map(({ id }) => id)).toEqual(ids(5));
    expect(after.complaints()).toEqual(['map-refresh-failed MAP_UNREACHABLE']);
  });

  it.each([
    [4, 1, 'needs', true],
    [4, 2, 'does not need', false],
    [5, 2, 'needs', true],
    [5, 3, 'does not need', false],
    [7, 3, 'needs', true],
  ] as const)(
    'fault 51: a fall from %d to %d connectors in a new map %s a confirmation',
    async (before, after, _, isHeld) => {
      await using server = await FaultyServer.start(serves(ids(before)));
      await using held = mapUnderTest(server.url);
      await held.manager.sync();
      server.behave(serves(ids(after)));
      await held.manager.sync(true);
      expect(held.manager.status().serviceMap.heldRemovals).toEqual(isHeld ? ids(before).slice(after) : []);
      expect(held.manager.listConnectors()).toHaveLength(isHeld ? before : after);
    },
  );
});
