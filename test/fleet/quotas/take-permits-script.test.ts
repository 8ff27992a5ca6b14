import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERMIT_HOLD_MS } from '../../../src/shared/fleet/permit-timing.ts';
import type { PermitCounts, PermitRequest } from '../../../src/shared/protocol/fleet/permit-messages.ts';
import { takeArguments } from '../../../src/workers/fleet/permits/permits-part.ts';
import { TAKE_PERMITS } from '../../../src/workers/fleet/permits/take-permits-script.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

/** The script TAKE_PERMITS, except that it reads the time from a key that the test sets. */
const SCRIPT = TAKE_PERMITS.lua.replace("redis.call('TIME')", "{ redis.call('GET', 'now') / 1000, 0 }");
const START_MS = 1_790_000_000_123;
const MINUTE_MS = 60_000;
const BUCKET_MS = 1_000;

interface Grant {
  readonly granted: number;
  readonly retryInMs: number;
  readonly takenAtMs: number;
  readonly epoch: string;
}

describe.skipIf(!hasRedis)('the Redis script that counts calls against quotas (TAKE_PERMITS)', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    client = server.client();
    await client.connect();
  });
  afterAll(async () => {
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });

  /** Sends one request to the script, at the given time of the server's clock. */
  async function take(nowMs: number, request: Partial<PermitRequest> & { limits: PermitCounts }): Promise<Grant> {
    await client.set('now', nowMs);
    const full = { wanted: 0, returned: [], spent: {}, ...request };
    const answer = (await client.eval(SCRIPT, 1, 'q', ...takeArguments(full))) as [number, number, number, string];
    const [granted, retryInMs, takenAtMs, epoch] = answer;
    return { granted, retryInMs, takenAtMs, epoch };
  }

  it('the script TAKE_PERMITS never exceeds a quota in any sliding window, and counts no call longer than necessary', async () => {
    const step = fc.record({
      pauseMs: fc.oneof(fc.nat(3), fc.nat(2_000), fc.nat(70_000)),
      wanted: fc.integer({ min: 1, max: 12 }),
      /** For each permit: when it is used within its hold, or null if it is returned at the next step. */
      uses: fc.array(fc.option(fc.nat(PERMIT_HOLD_MS - 1), { freq: 5 }), { minLength: 12, maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.nat(1_000_000),
        async (limit, steps, offsetMs) => {
          await client.del('q');
          let nowMs = START_MS + offsetMs;
          let unused: { count: number; takenAtMs: number }[] = [];
          const usedAtMs: number[] = [];
          const takenAtMs: number[] = [];
          for (const { pauseMs, wanted, uses } of steps) {
            nowMs += pauseMs;
            const limits = { perMinute: limit };
            const grant = await take(nowMs, { limits, wanted, returned: unused });
            const wereTaken = takenAtMs.length;
            const used = uses.slice(0, grant.granted).filter((use) => use !== null);
            for (const afterMs of used) usedAtMs.push(nowMs + afterMs);
            takenAtMs.push(...used.map(() => nowMs));
            const left = grant.granted - used.length;
            unused = left > 0 ? [{ count: left, takenAtMs: grant.takenAtMs }] : [];
            if (grant.granted === wanted) continue;
            const sinceMs = nowMs - MINUTE_MS - PERMIT_HOLD_MS - BUCKET_MS;
            const counted = takenAtMs.slice(0, wereTaken).filter((atMs) => atMs > sinceMs).length;
            expect(counted + grant.granted).toBeGreaterThanOrEqual(limit);
            // No other host requests permits before the retry. So there is room then, because unused permits have been
            // returned as well.
            const later = await take(nowMs + grant.retryInMs, { limits, returned: unused });
            unused = [];
            expect(later.retryInMs).toBe(0);
            nowMs += grant.retryInMs;
            const next = await take(nowMs, { limits, wanted: 1 });
            expect(next.granted).toBe(1);
            usedAtMs.push(nowMs);
            takenAtMs.push(nowMs);
          }
          usedAtMs.sort((one, other) => one - other);
          for (const [index, atMs] of usedAtMs.entries()) {
            const first = usedAtMs.findIndex((other) => other > atMs - MINUTE_MS);
            expect(index - first + 1).toBeLessThanOrEqual(limit);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('the script TAKE_PERMITS permits a call only if the quotas of the minute, the hour and the day have room', async () => {
    await client.del('q');
    const limits = { perMinute: 3, perHour: 5, perDay: 100 };
    expect((await take(START_MS, { limits, wanted: 10 })).granted).toBe(3);
    const second = await take(START_MS + 62_000, { limits, wanted: 10 });
    expect(second.granted).toBe(2);
    const third = await take(START_MS + 130_000, { limits, wanted: 1 });
    expect(third.granted).toBe(0);
    expect(third.retryInMs).toBeGreaterThan(3_400_000);
    const fields = (await client.hgetall('q')) as Record<string, string>;
    const sum = (letter: string): number =>
      Object.entries(fields).reduce((all, [name, count]) => all + (name.startsWith(letter) ? Number(count) : 0), 0);
    expect([sum('h'), sum('d')]).toEqual([5, 5]);
  });

  it('the script TAKE_PERMITS takes back a permit only if it was granted in the stated second', async () => {
    await client.del('q');
    const limits = { perMinute: 4 };
    const grant = await take(START_MS, { limits, wanted: 4 });
    const returned = [{ count: 3, takenAtMs: grant.takenAtMs }];
    expect((await take(START_MS + 900, { limits, wanted: 4, returned })).granted).toBe(3);
    const forged = [{ count: 100, takenAtMs: START_MS - 5_000 }];
    expect((await take(START_MS + 950, { limits, wanted: 4, returned: forged })).granted).toBe(0);
  });

  it('the script TAKE_PERMITS also counts calls that began without a permit, even beyond the quota', async () => {
    await client.del('q');
    const limits = { perMinute: 4 };
    expect((await take(START_MS, { limits, wanted: 4, spent: { perMinute: 9 } })).granted).toBe(0);
    expect((await take(START_MS + 40_000, { limits, wanted: 1 })).granted).toBe(0);
    expect((await take(START_MS + 62_100, { limits, wanted: 5 })).granted).toBe(4);
  });

  it('the script TAKE_PERMITS forgets no call when the clock is set back, and then rejects for one window at most', async () => {
    await client.del('q');
    const limits = { perMinute: 2 };
    expect((await take(START_MS + 3_600_000, { limits, wanted: 2 })).granted).toBe(2);
    const refused = await take(START_MS, { limits, wanted: 1 });
    expect(refused.granted).toBe(0);
    expect(refused.retryInMs).toBeLessThanOrEqual(MINUTE_MS + PERMIT_HOLD_MS + BUCKET_MS);
    expect((await take(START_MS + refused.retryInMs, { limits, wanted: 2 })).granted).toBe(2);
  });

  it('the script TAKE_PERMITS returns another epoch only after the Redis server has lost its data', async () => {
    await client.del('q');
    const limits = { perMinute: 2 };
    const { epoch } = await take(START_MS, { limits, wanted: 1 });
    expect((await take(START_MS + 1, { limits, wanted: 1 })).epoch).toBe(epoch);
    await client.flushall();
    expect((await take(START_MS + 2, { limits, wanted: 1 })).epoch).not.toBe(epoch);
  });

  it('the script TAKE_PERMITS stores a limited number of fields in Redis, and sets an expiry on their key', async () => {
    await client.del('q');
    const limits = { perMinute: 1_000_000, perHour: 1_000_000, perDay: 1_000_000 };
    for (let minute = 0; minute < 400; minute += 1) await take(START_MS + minute * 600_000, { limits, wanted: 5 });
    expect(await client.hlen('q')).toBeLessThan(200);
    expect(await client.pttl('q')).toBeGreaterThan(86_400_000);
  });
});
