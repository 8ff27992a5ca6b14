import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fleetKeys } from '../../../../src/shared/fleet/fleet-keys.ts';
import { createPermits } from '../../../../src/workers/fleet/permits/permits-part.ts';
import type { Redis, RedisReply } from '../../../../src/workers/fleet/redis.ts';

/** Creates permits that use a fake Redis server, which responds to every script with `answer`. */
const answering = (answer: RedisReply): ReturnType<typeof createPermits> =>
  createPermits({ redis: { run: () => Promise.resolve(answer) } as unknown as Redis, keys: fleetKeys('a') });

const request = { limits: { perMinute: 10 }, wanted: 5, returned: [], spent: {} };
const lease = { holder: 'me', limit: 10, held: 2, wanted: 4 };

const anyReply: fc.Arbitrary<RedisReply> = fc.oneof(
  fc.anything() as fc.Arbitrary<RedisReply>,
  fc.array(fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null)), { maxLength: 5 }),
);

describe('createPermits', () => {
  it('takePermits() and leaseConcurrent() return the results of the Redis scripts', async () => {
    expect(await answering([3, 900, 1_790_000_000_000, 'e']).takePermits('c', request)).toEqual({
      ok: true,
      value: { granted: 3, retryInMs: 900, takenAtMs: 1_790_000_000_000, epoch: 'e' },
    });
    expect(await answering([3, 40, 1]).leaseConcurrent('c', lease)).toEqual({
      ok: true,
      value: { held: 3, retryInMs: 40, isContended: true },
    });
  });

  it.each([
    ['more permits than were requested', [6, 0, 1, 'e']],
    ['a negative number', [-1, 0, 1, 'e']],
    ['a pause of several years', [0, 1e12, 1, 'e']],
    ['a string instead of a number', ['3', 0, 1, 'e']],
    ['an overlong epoch', [3, 0, 1, 'e'.repeat(65)]],
  ])('a response of the Redis server about permits is rejected if it contains %s', async (_, answer) => {
    expect(await answering(answer).takePermits('c', request)).toMatchObject({ error: { code: 'FLEET_REFUSED' } });
  });

  it('a request for permits ends with a result or FLEET_REFUSED, whatever the Redis server responds', async () => {
    await fc.assert(
      fc.asyncProperty(anyReply, async (answer) => {
        const permits = await answering(answer).takePermits('c', request);
        if (permits.ok) expect(permits.value.granted).toSatisfy((count: number) => count >= 0 && count <= 5);
        else expect(permits.error.code).toBe('FLEET_REFUSED');
        const leases = await answering(answer).leaseConcurrent('c', lease);
        if (leases.ok) expect(leases.value.held).toSatisfy((count: number) => count >= 2 && count <= 4);
        else expect(leases.error.code).toBe('FLEET_REFUSED');
      }),
    );
  });
});
