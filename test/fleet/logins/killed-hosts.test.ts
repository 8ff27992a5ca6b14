import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { LoginFleet, type LoginHost } from '../../helpers/fleet/login-fleet.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';
import { type ClientConnection, freeze, hasSocket, portsOf } from '../../helpers/login-drill/process-sockets.ts';
import { describeUses, doubled, type Moment } from '../../helpers/login-drill/token-ledger.ts';
import { ProcessEnded } from '../../helpers/logins/login-process.ts';

/** Number of kills, and the time for them; a busy machine may not manage all of them in that time. */
const KILLS = 20;
const LEAST_KILLS = 4;
const KILLING_MS = 10_000;

const isAlive = ({ process }: LoginHost): boolean =>
  process?.child.exitCode === null && process.child.signalCode === null;

const pidOf = ({ process }: LoginHost): number => process?.child.pid ?? 0;

const MOMENTS: readonly Moment[] = ['before-the-answer', 'around-the-write', 'before-the-issuer', 'after-the-answer'];

/**
 * Waits for the next refresh of a login, and sends a signal to the refreshing host at the given moment of that refresh.
 * Resolves with the host.
 */
async function hit(fleet: LoginFleet, moment: Moment, signal: 'SIGKILL' | 'SIGSTOP'): Promise<LoginHost> {
  const { promise, resolve } = Promise.withResolvers<LoginHost>();
  const strike = (connection: ClientConnection): void => {
    const victim = fleet.hosts.find((host) => isAlive(host) && hasSocket(pidOf(host), connection));
    if (victim === undefined) {
      fleet.ledger.plan(moment, strike);
      return;
    }
    const pid = pidOf(victim);
    freeze(pid);
    // It is unknown whether the last response of the host has been stored.
    for (const presented of fleet.ledger.recent()) if (hasSocket(pid, presented)) presented.wasHit = true;
    if (signal === 'SIGKILL') fleet.ledger.leave(portsOf(pid, connection.serverPort));
    victim.process?.child.kill(signal);
    resolve(victim);
  };
  fleet.ledger.plan(moment, strike);
  return promise;
}

/** Restarts a host, which may be hit once more before it is back. */
async function bringBack(fleet: LoginFleet, victim: LoginHost): Promise<void> {
  try {
    await fleet.restart(victim);
  } catch (error) {
    if (!(error instanceof ProcessEnded)) throw error;
  }
}

/** Logs in if every host that answers reports a needed login. */
async function mend(fleet: LoginFleet): Promise<number> {
  let count = 0;
  for (const id of fleet.ids) {
    const alive = fleet.hosts.filter(isAlive);
    const states = await fleet.states(id, alive).catch(() => []);
    if (states.length === 0 || !states.every((state) => state === 'needs-login')) continue;
    count += 1;
    await fleet.logIn(alive[0], id).catch(() => {});
  }
  return count;
}

// The tests find the refreshing host by the sockets in /proc.
const options = { concurrent: true, timeout: 240_000, skip: !hasRedis || process.platform !== 'linux' };
describe('hosts that are killed or stopped while they refresh a login', options, () => {
  it('a killed host loses at most the logins that it was refreshing, and no refresh token is used twice', async () => {
    await using fleet = await LoginFleet.start({ ids: ['crm', 'wiki', 'shop', 'mail'], tokenTtlSeconds: 4 });
    const { presented } = fleet.ledger;
    await Promise.all([fleet.add(2, { isProcess: true }), fleet.add(1, { isProcess: true, hasDisk: true })]);
    await Promise.all(fleet.ids.map((id, at) => fleet.logIn(fleet.hosts[at % 2], id)));
    const restarts: Promise<unknown>[] = [];
    const endsAt = performance.now() + KILLING_MS;
    let kills = 0;
    for (; kills < KILLS && (kills < LEAST_KILLS || performance.now() < endsAt); kills += 1) {
      await eventually('two hosts are there', () => fleet.hosts.filter(isAlive).length >= 2, 60_000);
      const victim = await hit(fleet, MOMENTS[kills % MOMENTS.length] ?? 'before-the-answer', 'SIGKILL');
      restarts.push(bringBack(fleet, victim));
      await mend(fleet);
    }
    await Promise.all(restarts);
    await eventually(
      'all connectors are up at all hosts',
      async () => {
        await mend(fleet);
        const all = await Promise.all(fleet.ids.map((id) => fleet.states(id)));
        return all.flat().every((state) => state === 'ready');
      },
      60_000,
    );
    const uses = describeUses(presented);
    expect(doubled(presented), uses).toEqual([]);
    const lost = presented.filter(({ answer }) => answer !== null && answer !== 'tokens');
    expect(kills).toBeGreaterThanOrEqual(LEAST_KILLS);
    expect(lost.length, uses).toBeLessThanOrEqual(kills * fleet.ids.length);
    // For every lost login, a kill may have prevented the answer from being stored.
    for (const { token } of lost) expect(presented.find((one) => one.token === token)?.wasHit, uses).toBe(true);
  });

  it('a host that is stopped during a refresh loses its right to refresh, and never overwrites a newer login', async () => {
    await using fleet = await LoginFleet.start({ tokenTtlSeconds: 4 });
    const { presented } = fleet.ledger;
    await fleet.add(2, { isProcess: true });
    await fleet.logIn(fleet.hosts[0]);
    await fleet.reaches('ready');
    const victim = await hit(fleet, 'before-the-answer', 'SIGSTOP');
    const others = fleet.hosts.filter((host) => host !== victim);
    const { length } = presented;
    await eventually('another host takes the turn', () => presented.length > length, 30_000);
    // The issuer has seen the token twice, so the login is lost permanently.
    await fleet.reaches('needs-login', { hosts: others });
    await fleet.logIn(others[0]);
    await fleet.reaches('ready', { hosts: others });
    victim.process?.child.kill('SIGCONT');
    await fleet.reaches('ready');
    await sleep(2_000);
    const before = presented.length;
    await eventually('the new login is refreshed', () => presented.length > before + 1);
    await fleet.reaches('ready');
    expect(doubled(presented)).toEqual([]);
    expect(presented.slice(length + 1).every(({ answer }) => answer === 'tokens' || answer === null)).toBe(true);
  });
});
