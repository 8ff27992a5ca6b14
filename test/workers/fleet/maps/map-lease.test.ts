import { beforeEach, describe, expect, it } from 'vitest';
import { SwitchyardError } from '../../../../src/shared/errors.ts';
import { fleetKeys } from '../../../../src/shared/fleet/fleet-keys.ts';
import { MapLease } from '../../../../src/workers/fleet/maps/map-lease.ts';
import { RELEASE_LEASE, RENEW_LEASE, TAKE_LEASE } from '../../../../src/workers/fleet/maps/map-scripts.ts';
import type { RedisReply, RedisScript } from '../../../../src/workers/fleet/redis.ts';
import { ScriptedTime } from '../../../helpers/fleet/scripted-time.ts';

const away = (): Promise<never> => Promise.reject(new SwitchyardError('FLEET_UNAVAILABLE', 'away'));
const NAMES = new Map([
  [TAKE_LEASE, 'take'],
  [RENEW_LEASE, 'renew'],
  [RELEASE_LEASE, 'release'],
]);

describe('MapLease', () => {
  let time: ScriptedTime;
  let asked: string[];
  let told: string[];
  let answers: Record<string, () => Promise<RedisReply>>;
  let lease: MapLease;

  beforeEach(() => {
    time = new ScriptedTime();
    asked = [];
    told = [];
    answers = {
      take: () => Promise.resolve([1, 5]),
      renew: () => Promise.resolve([1, '', -1, '']),
      release: () => Promise.resolve(1),
    };
    lease = new MapLease({
      redis: {
        run: (script: RedisScript) => {
          const name = NAMES.get(script) ?? '';
          asked.push(name);
          return answers[name]?.() ?? away();
        },
      },
      ...{ keys: fleetKeys('fleet').map('map'), hostId: 'me', time, random: { next: () => 0.5 } },
      beat: () => ({ text: '', bodyKey: 'body', wantsDigest: false }),
      onTaken: ({ token }) => told.push(`taken ${token}`),
      onRenewed: () => told.push('renewed'),
      onLost: () => told.push('lost'),
      onRefused: () => told.push('refused'),
    });
    lease.setConnected(true);
  });

  it('MapLease requests the lease immediately if no host leads, and renews it twice a second', async () => {
    lease.tryWithin(0);
    await time.pass(1_000);
    expect(asked).toEqual(['take', 'renew', 'renew']);
    expect(told).toEqual(['taken me:5', 'renewed', 'renewed']);
    expect(lease.current()?.token).toBe('me:5');
  });

  it('MapLease requests the lease only 1.5 to 2 s after the last sign of another host that leads', async () => {
    for (let beat = 0; beat < 10; beat += 1) {
      lease.heard();
      await time.pass(500);
    }
    expect(asked).toEqual([]);
    await time.pass(1_249);
    expect(asked).toEqual([]);
    await time.pass(1);
    expect(asked).toEqual(['take']);
  });

  it('MapLease requests the lease again when the lease of another host expires', async () => {
    answers.take = () => Promise.resolve([0, 700]);
    lease.tryWithin(0);
    await time.pass(749);
    expect(asked).toEqual(['take']);
    await time.pass(1);
    expect(asked).toEqual(['take', 'take']);
  });

  it('MapLease gives up its lease 1.3 s after its last successful renewal, before the lease expires in Redis', async () => {
    lease.tryWithin(0);
    await time.pass(500);
    answers.renew = away;
    await time.pass(1_299);
    expect(lease.current()).not.toBeNull();
    await time.pass(1);
    expect(told.at(-1)).toBe('lost');
    expect(lease.current()).toBeNull();
  });

  it('MapLease measures its lease from the moment when it sent the renewal, however late the response arrives', async () => {
    lease.tryWithin(0);
    await time.pass(0);
    const { promise, resolve } = Promise.withResolvers<RedisReply>();
    answers.renew = () => promise;
    await time.pass(1_200);
    resolve([1, '', -1, '']);
    answers.renew = away;
    await time.pass(599);
    expect(lease.current()).not.toBeNull();
    await time.pass(1);
    expect(lease.current()).toBeNull();
  });

  it('MapLease notices that a suspended process lost the lease, before any timer of the process fires', async () => {
    lease.tryWithin(0);
    await time.pass(0);
    time.stall(1_300);
    expect(lease.current()).toBeNull();
    expect(told).toEqual(['taken me:5', 'lost']);
  });

  it('MapLease does not use a lease if the response that grants it arrives too late', async () => {
    const { promise, resolve } = Promise.withResolvers<RedisReply>();
    answers.take = () => promise;
    lease.tryWithin(0);
    await time.pass(0);
    time.stall(1_300);
    resolve([1, 5]);
    await time.pass(0);
    expect(told).toEqual([]);
    expect(lease.current()).toBeNull();
  });

  it('MapLease loses the lease when Redis gives it to another host, and requests it again once Redis is empty', async () => {
    lease.tryWithin(0);
    answers.renew = () => Promise.resolve([0, 1]);
    await time.pass(500);
    expect(told.at(-1)).toBe('lost');
    await time.pass(1_000);
    expect(asked).toEqual(['take', 'renew']);
    answers.renew = () => Promise.resolve([0, 0]);
    await time.pass(750);
    await time.pass(500);
    expect(asked).toEqual(['take', 'renew', 'take', 'renew', 'take']);
  });

  it('MapLease releases its lease on stepDown(), and leaves it to other hosts for the requested time', async () => {
    lease.tryWithin(0);
    await time.pass(0);
    await lease.stepDown(10_000);
    expect(told).toEqual(['taken me:5', 'lost']);
    lease.tryWithin(0);
    await time.pass(9_999);
    expect(asked).toEqual(['take', 'release']);
    await time.pass(1);
    expect(asked).toEqual(['take', 'release', 'take']);
  });

  it('MapLease releases its lease on close(), and never requests it again', async () => {
    lease.tryWithin(0);
    await time.pass(0);
    await lease.close();
    lease.heard();
    lease.tryWithin(0);
    await time.pass(60_000);
    expect(asked).toEqual(['take', 'release']);
  });

  it('MapLease requests the lease at most once a second from an unreachable server, and every 5 s after a refusal', async () => {
    answers.take = away;
    lease.tryWithin(0);
    await time.pass(6_000);
    expect(asked).toHaveLength(5);
    answers.take = () => Promise.reject(new SwitchyardError('FLEET_REFUSED', 'NOPERM'));
    await time.pass(15_000);
    expect(asked).toHaveLength(7);
    expect(told).toEqual(['refused', 'refused']);
  });

  it('MapLease sends no request without a connection', async () => {
    lease.setConnected(false);
    lease.tryWithin(0);
    await time.pass(10_000);
    expect(asked).toEqual([]);
  });
});
