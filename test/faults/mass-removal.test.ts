import { describe, expect, it } from 'vitest';
import { manage } from '../helpers/manager.ts';
import { counterOf } from '../helpers/map-under-test.ts';
import { entry } from '../helpers/signed-map.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`);

/** A manager whose connectors are proxies that are there at once. */
const managed = (names: readonly string[]) =>
  manage(
    names.map((id) => entry(id)),
    {
      createProxy: () => ({
        connect: () => Promise.resolve(),
        getTools: () => [{ name: 'do', inputSchema: { type: 'object' } }],
        callTool: () => Promise.resolve({ content: [] }),
      }),
    },
  );

describe('a map that loses more than half of its connectors', () => {
  it('does not take them away at once: they stay, callable, and it is said aloud', async () => {
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

  it.each(['a newer map', 'the same map again'])('takes them away once %s agrees', async (what) => {
    await using it = await managed(ids(5));
    await it.manager.sync();
    await it.publish([entry('c0')]);
    expect(it.manager.listTools()).toHaveLength(5);
    if (what === 'a newer map') await it.publish([entry('c0')]);
    else await it.manager.sync(true);
    expect(it.manager.listConnectors().map(({ id }) => id)).toEqual(['c0']);
    expect(it.manager.listTools().map(({ name }) => name)).toEqual(['c0.do']);
    expect(it.manager.status().serviceMap).toMatchObject({ heldRemovals: [], connectorCount: 1 });
    expect(it.manager.status().connectors).toHaveLength(1);
  });

  it('keeps those that come back, without connecting them anew', async () => {
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
  ])('is a decision where %d become %d', async (before, after) => {
    await using it = await managed(ids(before));
    await it.manager.sync();
    await it.publish(ids(after).map((id) => entry(id)));
    expect(it.manager.listConnectors()).toHaveLength(after);
    expect(it.manager.listTools()).toHaveLength(after);
  });
});
