import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';
import { lists, ToolWorld, toolsOf } from '../../helpers/fleet/tool-world.ts';

const SEND = JSON.stringify(['mail', 'send']);

describe.skipIf(!hasRedis)('pins of tools that a fleet shares', () => {
  it('a changed tool is quarantined on a new host, because another host of the fleet pinned the original', async () => {
    await using world = await ToolWorld.start();
    const first = await world.up();
    expect(toolsOf(first)).toEqual(['mail.read', 'mail.send']);
    world.mail.describe('sends a mail, and a copy to a stranger');
    const second = await world.up();
    expect(toolsOf(second)).toEqual(['mail.read']);
    expect(second.status().changedTools).toMatchObject([{ name: 'mail.send', members: ['description'] }]);
    await expect(second.callTool('mail.send')).rejects.toMatchObject({ code: 'TOOL_CHANGED' });
  });

  it('a changed tool is quarantined on a new host, even if the host knows the tool only from Redis', async () => {
    await using world = await ToolWorld.start();
    const first = await world.up();
    await world.catalogued();
    const before = await world.redis.do('HGET', world.catalogue, 'mail');
    world.mail.describe('sends a mail, and a copy to a stranger');
    await first.sync(true);
    expect(toolsOf(first)).toEqual(['mail.read']);
    await eventually('the changed list is in the catalogue', async () => {
      return (await world.redis.do('HGET', world.catalogue, 'mail')) !== before;
    });
    world.mail.stop();
    await lists(world.host(), 'mail.read*');
  });

  it('when one host of a fleet lists changed tools, the other hosts list the tools of that connector again', async () => {
    await using world = await ToolWorld.start();
    const [first, second] = [await world.up({ pinTools: 'warn' }), await world.up({ pinTools: 'warn' })];
    await world.catalogued();
    world.mail.describe('sends a letter');
    await first.sync(true);
    await eventually('the other host lists the change', () => {
      return second.tool('mail.send')?.description === 'sends a letter';
    });
    // With `pinTools: "warn"`, a list is shown before it is compared.
    await eventually('the other host says so', () => second.status().changedTools[0]?.name === 'mail.send');
  });

  it('pins that Redis lost are restored from the disk of a host, so that a changed tool does not count as new', async () => {
    await using world = await ToolWorld.start();
    await world.up({ stateDir: world.folder('first') });
    await world.redis.do('FLUSHALL');
    await eventually('the pins are back', async () => (await world.redis.do('HLEN', world.pins)) === 2);
    await world.catalogued();
    world.mail.describe('sends a mail, and a copy to a stranger');
    expect(toolsOf(await world.up())).toEqual(['mail.read']);
  });

  it('a host that starts with stored pins restores them in Redis, even while its connector is down', async () => {
    await using world = await ToolWorld.start();
    const first = await world.up({ stateDir: world.folder('first') });
    await world.end(first);
    await world.redis.do('FLUSHALL');
    world.mail.stop();
    const again = world.host({ stateDir: world.folder('first'), syncDeadlineMs: 100 });
    await again.sync();
    await eventually('the pins are back', async () => (await world.redis.do('HLEN', world.pins)) === 2);
    await world.catalogued();
    world.mail.describe('sends a mail, and a copy to a stranger');
    world.mail.resume();
    expect(toolsOf(await world.up())).toEqual(['mail.read']);
  });

  it('a host uses its own pins of tools while the Redis server is unreachable', async () => {
    await using world = await ToolWorld.start();
    const host = await world.up();
    await world.redis.kill();
    await host.sync(true);
    expect(toolsOf(host)).toEqual(['mail.read', 'mail.send']);
    world.mail.describe('sends a mail, and a copy to a stranger');
    await host.sync(true);
    expect(toolsOf(host)).toEqual(['mail.read']);
  });
});

describe.skipIf(!hasRedis)('an approval in a fleet', () => {
  it('a changed tool that was approved is listed again on every host of a fleet, even after a restart', async () => {
    await using world = await ToolWorld.start();
    const first = await world.up();
    const stateDir = world.folder('second');
    const second = await world.up({ stateDir });
    const third = await world.up();
    world.mail.describe('sends a letter');
    for (const host of [first, second, third]) await host.sync(true);
    for (const host of [first, second, third]) expect(toolsOf(host)).toEqual(['mail.read']);

    expect(await first.approveTools(['mail.send'])).toEqual(['mail.send']);
    for (const host of [first, second, third]) await lists(host, 'mail.read', 'mail.send');

    await world.end(second);
    await world.redis.kill();
    const again = world.host({ stateDir });
    await again.sync();
    expect(toolsOf(again)).toEqual(['mail.read', 'mail.send']);
  });

  it('an approval made while Redis was unreachable applies to all hosts of the fleet once Redis is back', async () => {
    await using world = await ToolWorld.start();
    const [first, second] = [await world.up(), await world.up()];
    world.mail.describe('sends a letter');
    for (const host of [first, second]) await host.sync(true);
    await world.redis.kill();
    expect(await first.approveTools(['mail.send'])).toEqual(['mail.send']);
    expect([toolsOf(first), toolsOf(second)]).toEqual([['mail.read', 'mail.send'], ['mail.read']]);
    await world.redis.restart();
    await lists(second, 'mail.read', 'mail.send');
  });

  it('an approval in a fleet is not undone when an attacker writes an older approval to Redis', async () => {
    await using world = await ToolWorld.start();
    const stateDir = world.folder('second');
    const [first, second] = [await world.up(), await world.up({ stateDir })];
    const change = async (text: string): Promise<void> => {
      world.mail.describe(text);
      for (const host of [first, second]) await host.sync(true);
      await first.approveTools();
      for (const host of [first, second]) await lists(host, 'mail.read', 'mail.send');
    };
    await change('sends a letter');
    const client = world.redis.client();
    await client.connect();
    const old = (await client.hgetBuffer(world.pins, SEND)) ?? Buffer.alloc(0);
    expect(old.toString('latin1')).toMatch(/^1:/);
    await change('sends a postcard');

    await client.hset(world.pins, SEND, old);
    const tools = [['mail', 'send']];
    await client.publish(world.keys.pinNews, JSON.stringify({ scope: world.scope, tools, by: 'nobody' }));
    await eventually('a host puts the newer approval back', async () => {
      return (await client.hgetBuffer(world.pins, SEND))?.toString('latin1').startsWith('2:') === true;
    });
    for (const host of [first, second]) expect(toolsOf(host)).toEqual(['mail.read', 'mail.send']);

    await world.end(second);
    await client.hset(world.pins, SEND, old);
    const again = await world.up({ stateDir });
    await lists(again, 'mail.read', 'mail.send');
    await eventually('the host remembers the newer approval', async () => {
      return (await client.hgetBuffer(world.pins, SEND))?.toString('latin1').startsWith('2:') === true;
    });
    client.disconnect();
  });
});
