import { describe, expect, it } from 'vitest';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { recordOf, tool, toolMemory } from '../../helpers/fleet/tool-memory-under-test.ts';

describe.skipIf(!hasRedis)('the first definition of a tool that a fleet sees', () => {
  it('if two hosts see different first definitions of a tool, one of the two applies to the whole fleet', async () => {
    await using redis = await RedisServer.start();
    await using a = await toolMemory(redis);
    await using b = await toolMemory(redis);
    const names = Array.from({ length: 40 }, (_, index) => `tool-${index}`);
    const listOf = (text: string) => recordOf('mail', ...names.map((name) => tool(name, text)));
    const [atA, atB] = await Promise.all([a.memory.remember(listOf('as A')), b.memory.remember(listOf('as B'))]);
    const heldBack = [...atA, ...atB].map((change) => change.tool).sort();
    // Every tool is quarantined on exactly one of the two hosts.
    expect(heldBack).toEqual(names.toSorted());
    expect(await a.memory.changes()).toHaveLength(atA.length);
  });

  it('no tool is quarantined if two hosts of a fleet list the same definition at the same time', async () => {
    await using redis = await RedisServer.start();
    await using a = await toolMemory(redis);
    await using b = await toolMemory(redis);
    const record = recordOf('mail', tool('send', 'sends'), tool('read', 'reads'));
    expect(await Promise.all([a.memory.remember(record), b.memory.remember(record)])).toEqual([[], []]);
  });

  it('an approval on one host overrules the first definition that another host of the fleet has seen', async () => {
    await using redis = await RedisServer.start();
    await using a = await toolMemory(redis);
    await using b = await toolMemory(redis);
    await a.memory.remember(recordOf('mail', tool('send', 'as A')));
    expect(await b.memory.remember(recordOf('mail', tool('send', 'as B')))).toHaveLength(1);
    expect(await b.memory.approve(null)).toMatchObject([{ connectorId: 'mail', tool: 'send' }]);
    expect(await b.memory.changes()).toEqual([]);
    await expect.poll(() => a.memory.changes()).toMatchObject([{ tool: 'send', pinned: { description: 'as B' } }]);
    // Host `a` lists the tools of its connector again, because they may have changed by now.
    await expect.poll(() => a.relisted).toEqual(['mail']);
  });
});
