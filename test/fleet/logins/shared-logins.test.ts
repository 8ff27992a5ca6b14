import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { LoginFleet } from '../../helpers/fleet/login-fleet.ts';
import { everythingIn, RedisMonitor } from '../../helpers/fleet/redis-contents.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';
import { doubled } from '../../helpers/login-drill/token-ledger.ts';

/** Time limit for news to reach every host. An idle machine needs a fraction of it. */
const SOON_MS = 3_000;

describe.skipIf(!hasRedis)('a fleet that shares its logins', () => {
  it('a login at one host reaches every host of the fleet within about a second, and so does a logout', async () => {
    await using fleet = await LoginFleet.start();
    const [one, two] = await fleet.add(3);
    await fleet.reaches('needs-login');
    await fleet.logIn(one);
    expect(await fleet.reaches('ready')).toBeLessThan(SOON_MS);
    expect(await two?.ask('logins')).toMatchObject([{ connectorId: 'crm', state: 'logged-in', isRefreshable: true }]);
    const late = await fleet.add(1);
    await fleet.reaches('ready', { hosts: late });
    expect(await two?.ask('logout', 'crm')).toBe(true);
    expect(await fleet.reaches('needs-login')).toBeLessThan(SOON_MS);
    // The registration is kept and reused. A host other than the starting one finishes the login.
    await fleet.logIn(two, 'crm', one);
    await fleet.reaches('ready');
    expect(fleet.issuer.paths.filter((path) => path === '/reg')).toHaveLength(1);
  });

  it('each login of a fleet is refreshed by one host at a time, and no token is readable in Redis', async () => {
    await using fleet = await LoginFleet.start({ ids: ['crm', 'wiki', 'shop'], tokenTtlSeconds: 4 });
    const { presented, secrets } = fleet.ledger;
    await using monitor = await RedisMonitor.start(fleet.redis);
    const hosts = await fleet.add(3);
    await Promise.all(fleet.ids.map((id, at) => fleet.logIn(hosts[at], id)));
    for (const id of fleet.ids) await fleet.reaches('ready', { id });
    await eventually('many refreshes', () => presented.length >= 12, 60_000);
    expect(doubled(presented)).toEqual([]);
    expect(new Set(presented.map(({ token }) => token)).size).toBe(presented.length);
    for (const id of fleet.ids) await fleet.reaches('ready', { id });
    const calls = hosts.flatMap((host) => fleet.ids.map((id) => host.ask('call', `${id}.whoami`)));
    expect(await Promise.all(calls)).toEqual(calls.map(() => true));
    const everything = [...monitor.lines, ...(await everythingIn(fleet.redis))].join('\n');
    expect(everything).toContain('login:all');
    expect([...secrets].filter((secret) => everything.includes(secret))).toEqual([]);
    expect(secrets.size).toBeGreaterThan(30);
  });
});

describe.skipIf(!hasRedis)('a fleet whose hosts have separate logins', () => {
  it('with `logins: "own"`, a host that needs a login says that each replica needs its own login', async () => {
    await using fleet = await LoginFleet.start();
    const [one, two] = await fleet.add(2, { fleet: { logins: 'own' } });
    await fleet.logIn(one);
    await fleet.reaches('ready', { hosts: fleet.hosts.slice(0, 1) });
    await fleet.reaches('needs-login', { hosts: fleet.hosts.slice(1) });
    expect(await two?.ask('why', 'crm')).toContain('each replica');
  });
});
