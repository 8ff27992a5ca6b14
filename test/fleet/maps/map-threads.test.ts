import { transfer } from 'comlink';
import { describe, expect, it } from 'vitest';
import type { FleetMapEvent } from '../../../src/shared/protocol/fleet/map-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type FleetUnderTest, joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { entries, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

/** Returns a list to which each map event from the fleet thread is added. */
function listen({ fleet }: FleetUnderTest): FleetMapEvent[] {
  const events: FleetMapEvent[] = [];
  for (const kind of ['map-leading', 'map-following', 'map-heard', 'map-alone', 'map-news', 'map-confirmed'] as const)
    fleet.on(kind, (event) => events.push(event));
  return events;
}

describe.skipIf(!hasRedis)('the fleet threads of two hosts', () => {
  it('a map reaches the main thread of another host, and nothing more is sent as long as the map stays the same', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server);
    await using two = joinFleet(server, { role: 'reader' });
    const map = mapOf(1_000, entries(300));
    const heard = listen(two);
    const led = listen(one);
    for (const { fleet } of [one, two]) fleet.keep('map', (api) => api.followMap('map'));
    await eventually('one leads', () => led.some(({ kind }) => kind === 'map-leading'));
    await eventually('two is connected', () => heard.some(({ kind }) => kind === 'map-heard'));
    const bytes = map.bytes.slice();
    const sent = one.fleet.ask((api) => api.publishMap('map', transfer({ ...map, bytes }, [bytes.buffer])), 5_000);
    expect(await sent).toBe('done');
    expect(bytes.byteLength).toBe(0);
    await eventually('two hears of it', () => heard.some(({ kind }) => kind === 'map-news'));
    const news = heard.find((event) => event.kind === 'map-news');
    const body = await two.fleet.ask((api) => api.readMap('map', (news as never as { head: never }).head), 5_000);
    expect(Buffer.compare(body?.bytes ?? Buffer.alloc(0), map.bytes)).toBe(0);
    const before = [heard.length, led.length];
    const key = `{sw:tests}:map:map:lease`;
    const renewedAt = new Set<number>();
    await eventually('the lease was renewed a few times', async () => {
      const left = Number(await server.do('PTTL', key));
      if (left > 1_400) renewedAt.add(Math.round(performance.now() / 500));
      return renewedAt.size >= 4;
    });
    expect([heard.length, led.length]).toEqual(before);
  });
});
