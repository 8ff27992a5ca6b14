import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

const CRASHING = new URL('../../fixtures/fleet/crashing.worker.ts', import.meta.url);
const CLIENTLESS = new URL('../../fixtures/fleet/clientless.worker.ts', import.meta.url);

describe.skipIf(!hasRedis)('the thread that talks to Redis for a host of a fleet', () => {
  it("the thread that talks to Redis for a host is started again after it died, and gets the host's data again", async () => {
    await using server = await RedisServer.start();
    await using host = joinFleet(server, {}, CRASHING);
    await using other = joinFleet(server);
    host.fleet.announceAddress('http://127.0.0.1:1');
    await eventually('the other host hears of it', () => other.fleet.hosts.length === 1);
    let restarts = 0;
    host.fleet.onRestart(() => {
      restarts += 1;
    });
    // The thread of this fixture ends when it is asked to step down from the map `crash`.
    await expect(host.fleet.ask((api) => api.stepDown('crash'))).rejects.toMatchObject({ code: 'FLEET_UNAVAILABLE' });
    expect(host.fleet.isConnected).toBe(false);
    await host.connected();
    expect(restarts).toBe(1);
    await server.do('DEL', `{sw:tests}:host:${host.fleet.hostId}`);
    await eventually('its record is written again', async () => {
      return (await server.do('EXISTS', `{sw:tests}:host:${host.fleet.hostId}`)) === 1;
    });
    expect(other.fleet.hosts[0]?.address).toBe('http://127.0.0.1:1');
  });

  it('the thread that talks to Redis reports that the package `ioredis` is missing, and is not started again', async () => {
    await using host = joinFleet({ url: 'redis://127.0.0.1:1' }, {}, CLIENTLESS);
    await eventually('it is logged', () => host.lines.length > 0);
    expect(host.lines[0]).toMatchObject({ level: 'error', fields: { code: 'FLEET_CLIENT_MISSING' } });
    await expect(host.fleet.ask((api) => api.probe())).rejects.toMatchObject({
      code: 'FLEET_UNAVAILABLE',
      cause: { code: 'FLEET_CLIENT_MISSING' },
    });
    expect(host.lines).toHaveLength(1);
  });

  it('errors of a listener for fleet events are logged, and the fleet continues', async () => {
    await using server = await RedisServer.start();
    await using host = joinFleet(server);
    host.fleet.on('connection', () => {
      throw new Error('a listener that fails');
    });
    await host.connected();
    await eventually('it is logged', () => host.lines.some(({ fields }) => fields.event === 'fleet-listener-failed'));
    await expect(host.fleet.ask((api) => api.probe())).resolves.toBeDefined();
  });

  it('a host leaves its fleet within a few seconds, even while the Redis server is frozen', async () => {
    await using server = await RedisServer.start();
    const host = joinFleet(server);
    await host.connected();
    server.freeze();
    const startedAtMs = performance.now();
    await host.fleet.close();
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    server.thaw();
  });
});
