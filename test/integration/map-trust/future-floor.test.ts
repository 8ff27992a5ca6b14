import { describe, expect, it } from 'vitest';
import { WriterClient } from '../../../src/main/writer/writer-client.ts';
import { secret } from '../../helpers/evidence.ts';
import { NOW, signed, signedWith } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';
import { idsOf, mapAt, type TrustWorld, trustWorld } from '../../helpers/trusting-manager.ts';

const HMAC = secret('the HMAC key');
const YEAR_SECONDS = 365 * 24 * 3_600;
const OPTIONS = { signatureKey: HMAC };

/** Does the same as the command `state reset-floor` for the only source, at the time on the world's clock. */
async function resetFloor({ stateDir, clock }: TrustWorld): Promise<void> {
  const writer = new WriterClient(stateDir);
  const [source] = await writer.ask((api) => api.readSources());
  expect(source?.floorMs).toBe(NOW + YEAR_SECONDS * 1_000);
  expect(await writer.ask((api) => api.resetFloor(source?.storeKey ?? '', clock.at + 300_000))).toBe(true);
  await writer.close();
}

/** Creates a world in which the clocks of host and publisher were a year ahead, and are right again. */
async function lockedOut(body = signed(mapAt(YEAR_SECONDS), HMAC), options: object = OPTIONS): Promise<TrustWorld> {
  const world = await trustWorld();
  world.clock.at = NOW + YEAR_SECONDS * 1_000;
  world.server.serve(body);
  await world.during(options, (manager) => expect(idsOf(manager)).toEqual(['a']));
  world.clock.at = NOW;
  return world;
}

describe('a minimum map time that a wrong clock has set into the future', () => {
  it('if a wrong clock has set the minimum map time into the future, the error names the command that resets it', async () => {
    await using world = await lockedOut();
    world.server.serve(signed(mapAt(0, ['b']), HMAC));
    await world.during(OPTIONS, (manager) => {
      expect(manager.status().serviceMap.lastError).toMatchObject({
        code: 'MAP_ROLLED_BACK',
        message: expect.stringContaining('state reset-floor'),
      });
    });
  });

  it('a minimum map time in the future can be reset, and the reset survives a restart', async () => {
    await using world = await lockedOut();
    await resetFloor(world);
    world.server.serve(signed(mapAt(0, ['b']), HMAC));
    await world.during(OPTIONS, (manager) => expect(idsOf(manager)).toEqual(['b']));
    world.server.serve(signed(mapAt(-1, ['older']), HMAC));
    await world.during(OPTIONS, (manager) =>
      expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_ROLLED_BACK' }),
    );
  });

  it('after its minimum map time was reset, a running host accepts older maps from the next refresh on', async () => {
    await using world = await lockedOut();
    world.server.serve(signed(mapAt(0, ['b']), HMAC));
    await world.during(OPTIONS, async (manager) => {
      expect(manager.status().serviceMap.lastError?.code).toBe('MAP_ROLLED_BACK');
      await resetFloor(world);
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['b']]);
    });
    await world.during(OPTIONS, (manager) => expect(idsOf(manager)).toEqual(['b']));
  });

  it('a reset of the oldest accepted map date does not make a host forget that its source used public-key signatures', async () => {
    const key = newKey('first');
    const either = { signatureKey: HMAC, signatureKeys: jwksOf(key), accept: 'either' } as const;
    await using world = await lockedOut(signedWith(mapAt(YEAR_SECONDS), [key], HMAC), either);
    await resetFloor(world);
    world.server.serve(signed(mapAt(0, ['forged']), HMAC));
    await world.during(either, (manager) => {
      expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_SIGNATURE_DOWNGRADED' });
      expect(idsOf(manager)).toEqual([]);
    });
  });

  it('a host without a state folder also keeps a minimum map time that is in the future', async () => {
    await using world = await trustWorld();
    world.clock.at = NOW + YEAR_SECONDS * 1_000;
    world.server.serve(signed(mapAt(YEAR_SECONDS), HMAC));
    await world.during({ ...OPTIONS, stateDir: undefined }, async (manager) => {
      world.clock.at = NOW;
      world.server.serve(signed(mapAt(0, ['b']), HMAC));
      expect(await manager.refresh()).toBe('MAP_ROLLED_BACK');
    });
  });
});

describe('a map from the far future', () => {
  it('a map that is more than five minutes in the future is rejected, and does not change the minimum map time', async () => {
    await using world = await trustWorld();
    await world.during(OPTIONS, async (manager) => {
      world.server.serve(signed(mapAt(301), HMAC));
      expect(await manager.refresh()).toBe('MAP_FROM_FUTURE');
      world.server.serve(signed(mapAt(300, ['ahead']), HMAC));
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['ahead']]);
      // Correctly dated maps are rejected only until the clock has reached the date of this map.
      world.server.serve(signed(mapAt(299, ['b']), HMAC));
      expect(await manager.refresh()).toBe('MAP_ROLLED_BACK');
      expect(manager.status().serviceMap.lastError?.message).not.toContain('reset-floor');
      world.clock.at += 301_000;
      world.server.serve(signed(mapAt(301, ['b']), HMAC));
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['b']]);
    });
  });
});
