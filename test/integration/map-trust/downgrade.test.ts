import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { secret } from '../../helpers/evidence.ts';
import { signed, signedWith } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';
import { idsOf, mapAt, type TrustWorld, trustWorld } from '../../helpers/trusting-manager.ts';

const HMAC = secret('the HMAC key');
const KEY = newKey('first');
const EITHER = { signatureKey: HMAC, signatureKeys: jwksOf(KEY), accept: 'either' } as const;

/** Creates a world in which a manager accepted a map with an HMAC and a public-key signature, and was closed. */
async function seenSigned(): Promise<TrustWorld> {
  const world = await trustWorld();
  world.server.serve(signedWith(mapAt(0), [KEY], HMAC));
  await world.during(EITHER, (manager) => {
    expect(manager.status().serviceMap).toMatchObject({ seenSigned: true, lastError: null, revision: 1 });
  });
  return world;
}

describe('a host that has accepted maps with public-key signatures', () => {
  it('a host that has seen public-key signatures rejects a newer map that only has an HMAC, and keeps its map', async () => {
    await using world = await trustWorld();
    world.server.serve(signedWith(mapAt(0), [KEY], HMAC));
    await world.during(EITHER, async (manager) => {
      world.server.serve(signed(mapAt(1, ['forged']), HMAC));
      expect(await manager.refresh()).toBe('MAP_SIGNATURE_DOWNGRADED');
      expect(idsOf(manager)).toEqual(['a']);
      world.server.serve(signedWith(mapAt(2, ['b']), [KEY]));
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['b']]);
    });
  });

  it.each<[string, (world: TrustWorld) => void]>([
    ['a restart', () => {}],
    ['damage to the stored map', (world) => vandalise(world, `UPDATE source SET body = x'00'`)],
    ['the loss of the start image', (world) => removeImages(world)],
  ])(
    'a host that has seen public-key signatures rejects a map that only has an HMAC, even after %s',
    async (_, damage) => {
      await using world = await seenSigned();
      damage(world);
      world.server.serve(signed(mapAt(1, ['forged']), HMAC));
      await world.during(EITHER, (manager) => {
        expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_SIGNATURE_DOWNGRADED' });
        expect(idsOf(manager)).not.toContain('forged');
      });
    },
  );

  it('a host that has seen public-key signatures rejects a map that only has an HMAC, unless `accept` is "hmac"', async () => {
    await using world = await seenSigned();
    world.server.serve(signed(mapAt(1, ['b']), HMAC));
    await world.during({ signatureKey: HMAC }, (manager) => {
      expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_SIGNATURE_DOWNGRADED' });
      expect(manager.status().serviceMap).toMatchObject({ accept: 'hmac', seenSigned: true });
    });
    await world.during({ signatureKey: HMAC, accept: 'hmac' }, (manager) => expect(idsOf(manager)).toEqual(['b']));
    // The host still remembers that the source has served signed maps.
    world.server.serve(signed(mapAt(2, ['c']), HMAC));
    await world.during(EITHER, (manager) =>
      expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_SIGNATURE_DOWNGRADED' }),
    );
  });

  it('a host that has lost its state accepts a map with only an HMAC, unless its options require public-key signatures', async () => {
    await using world = await seenSigned();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(world.stateDir, `switchyard.db${suffix}`), { force: true });
    removeImages(world);
    world.server.serve(signed(mapAt(1, ['b']), HMAC));
    await world.during(EITHER, (manager) => {
      expect(idsOf(manager)).toEqual(['b']);
      expect(manager.status().serviceMap).toMatchObject({
        seenSigned: false,
        keys: { version: null, trustsConfigurationAlone: true },
      });
    });
    // This needs no state, because these options require public-key signatures on every map.
    world.server.serve(signed(mapAt(2, ['c']), HMAC));
    const both = { signatureKey: HMAC, signatureKeys: jwksOf(KEY) };
    await world.during(both, (manager) => {
      expect(manager.status().serviceMap).toMatchObject({ accept: 'both', revision: 0, freshness: 'none' });
      expect(idsOf(manager)).toEqual([]);
    });
  });
});

describe('a change in which signatures are accepted', () => {
  it('a host can move from an HMAC to public keys in four steps, and accepts the same map at each step', async () => {
    await using world = await trustWorld();
    world.server.serve(signedWith(mapAt(0), [KEY], HMAC));
    const signatureKeys = jwksOf(KEY);
    for (const [options, accept, hmacKey, kids] of [
      [{ signatureKey: HMAC }, 'hmac', 0, []],
      [{ signatureKey: HMAC, signatureKeys, accept: 'either' as const }, 'either', 0, ['first']],
      [{ signatureKey: HMAC, signatureKeys }, 'both', 0, ['first']],
      [{ signatureKeys }, 'signature', null, ['first']],
    ] as const)
      await world.during(options, (manager) => {
        const { serviceMap } = manager.status();
        expect(serviceMap).toMatchObject({ accept, lastError: null, seenSigned: accept !== 'hmac' });
        const { signedBy } = serviceMap;
        expect([signedBy?.hmacKey, signedBy?.signatures.map(({ kid }) => kid)]).toEqual([hmacKey, kids]);
      });
  });
});

describe('the id of a map', () => {
  it('a host rejects a map whose id differs from the id of the previous map, even with the same key and after a restart', async () => {
    await using world = await trustWorld();
    const signedOnly = { signatureKeys: jwksOf(KEY) };
    const other = { id: 'map-of-another-team' };
    world.server.serve(signedWith(mapAt(0), [KEY]));
    await world.during(signedOnly, async (manager) => {
      world.server.serve(signedWith(mapAt(1, ['swapped'], other), [KEY]));
      expect(await manager.refresh()).toBe('MAP_ID_MISMATCH');
      expect([manager.status().serviceMap.mapId, idsOf(manager)]).toEqual(['01JD0000000000000000000000', ['a']]);
    });
    vandalise(world, `UPDATE source SET body = x'00'`);
    removeImages(world);
    await world.during(signedOnly, (manager) => {
      expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_ID_MISMATCH' });
      expect(idsOf(manager)).toEqual([]);
    });
    await world.during({ ...signedOnly, mapId: other.id }, (manager) => expect(idsOf(manager)).toEqual(['swapped']));
  });

  it('a map must have the configured `mapId` from the first load on, even if it only has an HMAC', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(0), HMAC));
    await world.during({ signatureKey: HMAC, mapId: 'another' }, (manager) =>
      expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_ID_MISMATCH' }),
    );
  });
});

function vandalise({ stateDir }: TrustWorld, sql: string): void {
  using database = new DatabaseSync(join(stateDir, 'switchyard.db'));
  database.exec(sql);
}

function removeImages({ stateDir }: TrustWorld): void {
  for (const name of readdirSync(stateDir)) if (name.endsWith('.img')) rmSync(join(stateDir, name));
}
