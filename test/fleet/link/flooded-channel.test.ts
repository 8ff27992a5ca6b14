import { describe, expect, it } from 'vitest';
import { fleetKeys } from '../../../src/shared/fleet/fleet-keys.ts';
import { eventually } from '../../helpers/eventually.ts';
import { joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

describe.skipIf(!hasRedis)('a flooded channel of the fleet', () => {
  it('a flood of forged messages in Redis causes only a few events on the main thread, and only one log line', async () => {
    await using server = await RedisServer.start();
    await using host = joinFleet(server);
    await host.connected();
    let events = 0;
    host.fleet.on('refused', () => (events += 1));
    const attacker = server.client();
    const { sessionNews } = fleetKeys('tests');
    for (let batch = 0; batch < 10; batch += 1)
      await Promise.all(Array.from({ length: 200 }, () => attacker.publish(sessionNews, 'garbage')));
    attacker.disconnect();
    await eventually('it is refused', () => events > 0);
    await host.fleet.ask((api) => api.probe());
    expect(events).toBeLessThanOrEqual(40);
    const lines = host.lines.filter(({ fields }) => fields.event === 'fleet-refused');
    expect(lines.map(({ message }) => message)).toEqual([
      'Rejected at the fleet server (sess): a message was not written by a replica, or was received before',
    ]);
  });
});
