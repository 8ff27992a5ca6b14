import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { LoginFleet, type LoginHost } from '../../helpers/fleet/login-fleet.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';
import { TcpProxy } from '../../helpers/fleet/tcp-proxy.ts';
import { describeUses, doubled } from '../../helpers/login-drill/token-ledger.ts';

/** Returns when the token of a host's login expires, in epoch ms. */
async function expiryOf(host: LoginHost | undefined): Promise<number> {
  const [login] = (await host?.ask<{ expiresAt: number | null }[]>('logins')) ?? [];
  return login?.expiresAt ?? 0;
}

/** Calls a tool. Returns the error message, or '' if the call succeeds. */
async function refusal(host: LoginHost | undefined): Promise<string> {
  return (await host?.ask<string>('said', 'crm.whoami')) ?? '';
}

const options = { concurrent: true, timeout: 120_000, skip: !hasRedis };
describe('a fleet without its Redis server', options, () => {
  it.each([
    ['killed', 'restart'],
    ['frozen', 'thaw'],
  ] as const)(
    'without Redis, only the host that last refreshed a login can use it, and other hosts report why (%s)',
    async (how, back) => {
      await using fleet = await LoginFleet.start({ tokenTtlSeconds: 4 });
      const { presented } = fleet.ledger;
      const [home, ...others] = await fleet.add(3);
      await fleet.logIn(home);
      await fleet.reaches('ready');
      if (how === 'killed') await fleet.redis.kill();
      else fleet.redis.freeze();
      const { length } = presented;
      await eventually('the home refreshes it', () => presented.length >= length + 2);
      expect(await refusal(home)).toBe('');
      for (const other of others) {
        const said = await refusal(other);
        expect(said).toContain('LOGIN_FAILED');
        expect(said).toContain("while the fleet's server is unreachable");
      }
      if (back === 'restart') await fleet.redis.restart();
      else fleet.redis.thaw();
      await fleet.reaches('ready');
      await eventually('the others have it', async () => {
        const [first, ...rest] = await Promise.all(fleet.hosts.map(expiryOf));
        return rest.every((expiry) => expiry === first);
      });
      for (const other of others) expect(await refusal(other)).toBe('');
      const after = presented.length;
      await eventually('it is refreshed again', () => presented.length >= after + 2);
      expect(doubled(presented)).toEqual([]);
      expect(presented.every(({ answer }) => answer === 'tokens' || answer === null)).toBe(true);
    },
  );

  it('a restarted host sends no token that another host refreshed in the meantime, if Redis answers late', async () => {
    await using fleet = await LoginFleet.start({ tokenTtlSeconds: 4 });
    await using path = await TcpProxy.start(Number(new URL(fleet.redis.url).port));
    const { presented } = fleet.ledger;
    const [home] = await fleet.add(1, { isProcess: true, hasDisk: true, fleet: { url: path.url } });
    const [other] = await fleet.add(1);
    await fleet.logIn(home);
    await fleet.reaches('ready');
    await home?.process?.kill();
    const { length } = presented;
    await eventually('the other host refreshes it', () => presented.length >= length + 2, 20_000);
    path.cut();
    const restarted = fleet.restart(home as LoginHost);
    // The token on disk has expired, and without Redis this host would believe that it may refresh the login.
    await eventually('it has tried to connect', () => path.refusedCount >= 2);
    await sleep(2_000);
    path.mend();
    await restarted;
    await fleet.reaches('ready');
    expect(await refusal(other)).toBe('');
    expect(doubled(presented), describeUses(presented)).toEqual([]);
  });

  it('a restarted host refreshes its own logins after a few seconds, even if Redis stays away', async () => {
    await using fleet = await LoginFleet.start({ tokenTtlSeconds: 4 });
    const [home] = await fleet.add(1, { isProcess: true, hasDisk: true });
    await fleet.logIn(home);
    await fleet.reaches('ready');
    await home?.process?.kill();
    await fleet.redis.kill();
    await sleep(4_000);
    const { length } = fleet.ledger.presented;
    const restarted = await fleet.restart(home as LoginHost);
    await fleet.reaches('ready');
    expect(await refusal(restarted)).toBe('');
    expect(fleet.ledger.presented.length).toBeGreaterThan(length);
  });

  it('a Redis server that comes back empty gets all logins again from the hosts, except logins that were ended', async () => {
    await using fleet = await LoginFleet.start({ ids: ['crm', 'wiki'] });
    const [one, two] = await fleet.add(2);
    const [asleep] = await fleet.add(1, { isProcess: true });
    await Promise.all(fleet.ids.map((id) => fleet.logIn(one, id)));
    await Promise.all(fleet.ids.map((id) => fleet.reaches('ready', { id })));
    asleep?.process?.child.kill('SIGSTOP');
    expect(await two?.ask('logout', 'crm')).toBe(true);
    await fleet.redis.kill();
    await fleet.redis.restart();
    asleep?.process?.child.kill('SIGCONT');
    await fleet.reaches('needs-login');
    const rows = async () => Object.keys((await fleet.redis.do('HGETALL', '{sw:logins}:login:all')) as object).length;
    await eventually('it has everything again', async () => (await rows()) > 0);
    const [late] = await fleet.add(1);
    await fleet.reaches('ready', { id: 'wiki' });
    await fleet.reaches('needs-login', { hosts: [late as LoginHost] });
    await fleet.reaches('needs-login');
  });
});
