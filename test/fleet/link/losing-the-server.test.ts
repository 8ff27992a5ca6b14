import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { freePort } from '../../helpers/fleet/free-port.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

describe.skipIf(!hasRedis)('a fleet that loses its Redis server', () => {
  it('requests to a killed Redis server fail immediately, and succeed once the server is back', async () => {
    await using server = await RedisServer.start();
    await using host = joinFleet(server);
    await host.connected();
    await host.fleet.ask((api) => api.probe());
    await server.kill();
    await host.away();
    const startedAtMs = performance.now();
    await expect(host.fleet.ask((api) => api.probe())).rejects.toMatchObject({ code: 'FLEET_UNAVAILABLE' });
    expect(performance.now() - startedAtMs).toBeLessThan(500);
    await server.restart();
    await host.connected();
    await expect(host.fleet.ask((api) => api.probe())).resolves.toMatchObject({ isAppendOnly: false });
  });

  it('a host of a fleet starts without its Redis server, and logs why the server cannot be reached', async () => {
    const port = await freePort();
    await using host = joinFleet({ url: `redis://127.0.0.1:${port}` });
    await eventually('the reason is logged', () => host.lines.some(({ fields }) => fields.event === 'fleet-away'));
    await expect(host.fleet.ask((api) => api.probe())).rejects.toMatchObject({ code: 'FLEET_UNAVAILABLE' });
    expect(String(host.lines[0]?.fields.reason)).toContain('ECONNREFUSED');
  });

  it('a host of a fleet waits for a frozen Redis server at most once, and reconnects when the server thaws', async () => {
    await using server = await RedisServer.start();
    await using host = joinFleet(server);
    await host.connected();
    server.freeze();
    const startedAtMs = performance.now();
    const asked = [1, 2, 3].map(() => host.fleet.ask((api) => api.probe(), 3_000));
    for (const answer of await Promise.allSettled(asked)) expect(answer).toMatchObject({ status: 'rejected' });
    expect(performance.now() - startedAtMs).toBeLessThan(2_500);
    await host.away();
    const againAtMs = performance.now();
    await expect(host.fleet.ask((api) => api.probe())).rejects.toMatchObject({ code: 'FLEET_UNAVAILABLE' });
    expect(performance.now() - againAtMs).toBeLessThan(500);
    server.thaw();
    await host.connected();
    await expect(host.fleet.ask((api) => api.probe())).resolves.toMatchObject({ missingPermissions: [] });
  });

  it('a host of a fleet reconnects to a Redis server that was frozen for eight seconds', async () => {
    await using server = await RedisServer.start();
    await using host = joinFleet(server);
    await host.connected();
    server.freeze();
    await host.away();
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    server.thaw();
    await host.connected();
    await expect(host.fleet.ask((api) => api.probe())).resolves.toBeDefined();
  });

  it('a host of a fleet that loses its Redis server logs one line for each reason, not for each attempt', async () => {
    await using server = await RedisServer.start();
    await using host = joinFleet(server);
    await host.connected();
    await server.kill();
    await host.away();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await server.restart();
    await host.connected();
    const away = host.lines.filter(({ fields }) => fields.event === 'fleet-away');
    expect(away.length).toBeLessThanOrEqual(3);
    expect(new Set(away.map(({ fields }) => fields.reason)).size).toBe(away.length);
  });
});
