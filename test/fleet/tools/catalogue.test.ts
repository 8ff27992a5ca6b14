import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fleetLocalScope } from '../../../src/shared/fleet/fleet-keys.ts';
import { eventually } from '../../helpers/eventually.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';
import { isInFleet, lists, ToolWorld, toolsOf } from '../../helpers/fleet/tool-world.ts';
import { mapNow } from '../../helpers/map-under-test.ts';
import { entry } from '../../helpers/signed-map.ts';

describe.skipIf(!hasRedis)('the tools of a fleet that are stored in Redis', () => {
  it('a host without a disk lists tools of an unreachable connector as stale, because Redis stores them', async () => {
    await using world = await ToolWorld.start();
    const first = await world.up();
    expect(toolsOf(first)).toEqual(['mail.read', 'mail.send']);
    await world.catalogued();

    world.mail.stop();
    const second = world.host();
    await lists(second, 'mail.read*', 'mail.send*');
    await second.sync();
    expect(toolsOf(second)).toEqual(['mail.read*', 'mail.send*']);

    world.mail.resume();
    await second.sync(true);
    await lists(second, 'mail.read', 'mail.send');
  });

  it('Redis also stores the tools of connectors defined in a local file, whatever the path of the file', async () => {
    await using world = await ToolWorld.start();
    const { url } = world.mail;
    const config = (name: string): string => {
      const path = world.folder(name);
      writeFileSync(path, JSON.stringify({ mcpServers: { post: { url } } }));
      return path;
    };
    const lone = (name: string) =>
      ({ serviceMapUrl: undefined, signatureKey: undefined, configFile: config(name) }) as object;
    const first = await world.up(lone('one.json'));
    expect(toolsOf(first)).toEqual(['post.read', 'post.send']);
    const scope = fleetLocalScope('tests', 'post', first.listConnectors()[0]?.endpoint ?? '');
    await eventually('the catalogue is written', async () => {
      return (await world.redis.do('HLEN', world.keys.tools(scope))) === 1;
    });

    world.mail.stop();
    const second = world.host(lone('two.json'));
    // The connector is down, so the sync may still be waiting when the host closes.
    void second.sync().catch(() => {});
    await lists(second, 'post.read*', 'post.send*');
  });

  it('tools that Redis stores are not listed for a connector that the map no longer has', async () => {
    await using world = await ToolWorld.start();
    await world.up();
    await world.catalogued();
    world.mail.maps.serve(mapNow([entry('other')]));
    const second = world.host({ syncDeadlineMs: 100 });
    await second.sync();
    await isInFleet(second);
    await eventually('the map is known', () => second.has('other'));
    expect(toolsOf(second)).toEqual([]);
  });

  it('a host starts without the tools that Redis stores if Redis is unreachable', async () => {
    await using world = await ToolWorld.start();
    await world.redis.kill();
    const host = world.host();
    await host.restored();
    await host.sync();
    expect(toolsOf(host)).toEqual(['mail.read', 'mail.send']);
    await world.redis.restart();
    await world.catalogued();
  });
});
