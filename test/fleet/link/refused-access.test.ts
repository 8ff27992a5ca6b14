import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../../src/shared/protocol/fleet/fleet-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import { joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

describe.skipIf(!hasRedis)('a fleet whose Redis server denies access', () => {
  it('a host with a wrong Redis password logs the reason without the password, and works as if Redis were down', async () => {
    await using server = await RedisServer.start(['requirepass right']);
    await using host = joinFleet(server, { password: 'a-password-that-is-wrong' });
    await eventually('the reason is logged', () => host.lines.length > 0);
    expect(host.lines[0]?.fields).toMatchObject({ event: 'fleet-away' });
    expect(String(host.lines[0]?.fields.reason)).toContain('WRONGPASS');
    expect(JSON.stringify(host.lines)).not.toContain('a-password-that-is-wrong');
    await expect(host.fleet.ask((api) => api.probe())).rejects.toMatchObject({ code: 'FLEET_UNAVAILABLE' });
  });

  it('a host of a fleet connects to Redis with the user and the password of the URL', async () => {
    await using server = await RedisServer.start(['user default off', 'user ann on >her%word ~* &* +@all']);
    await using host = joinFleet({ url: `redis://ann:her%25word@127.0.0.1:${server.port}` });
    await host.connected();
  });

  it('a host of a fleet stays connected as a Redis user without permissions, and reports the rejected commands', async () => {
    await using server = await RedisServer.start(['user default off', 'user bob on >word']);
    await using host = joinFleet(server, { url: `redis://bob@127.0.0.1:${server.port}`, password: 'word' });
    const refused: FleetEvent[] = [];
    host.fleet.on('refused', (event) => refused.push(event));
    await host.connected();
    await expect(host.fleet.ask((api) => api.probe())).rejects.toMatchObject({ code: 'FLEET_REFUSED' });
    await eventually('the roster was refused', () =>
      refused.some((event) => 'what' in event && event.what === 'hosts'),
    );
    expect(refused.filter((event) => !('why' in event && event.why?.includes('NOPERM')))).toEqual([]);
  });
});
