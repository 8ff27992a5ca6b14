import { describe, expect, it } from 'vitest';
import { oldStoreKeyOf } from '../../../src/main/service-map/trust/lineage.ts';
import { SqliteStore } from '../../../src/workers/store/sqlite-store.ts';
import { secret } from '../../helpers/evidence.ts';
import { NOW, signed } from '../../helpers/signed-map.ts';
import { UNSIGNED } from '../../helpers/stored-source.ts';
import { idsOf, mapAt, trustWorld } from '../../helpers/trusting-manager.ts';

const OLD = secret('the old key');
const NEW = secret('the new key');

describe('the rotation of an HMAC key', () => {
  it('a host with the old and the new HMAC key accepts every map while the publisher changes the key', async () => {
    await using world = await trustWorld();
    const seen: unknown[] = [];
    await world.during({ signatureKey: [NEW, OLD] }, async (manager) => {
      for (const [second, key] of [OLD, OLD, NEW, NEW, OLD].entries()) {
        world.server.serve(signed(mapAt(second), key));
        const code = await manager.refresh();
        seen.push([code, manager.status().serviceMap.signedBy?.hmacKey, idsOf(manager)]);
      }
    });
    expect(seen).toEqual([1, 1, 0, 0, 1].map((index) => [null, index, ['a']]));
  });

  it('a host with a new HMAC key still rejects maps that are older than the map it accepted with the old key', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(10), OLD));
    await world.during({ signatureKey: OLD }, (manager) => expect(idsOf(manager)).toEqual(['a']));
    // Somebody with the new key cannot make hosts accept an old map by signing it.
    world.server.serve(signed(mapAt(9, ['revoked']), NEW));
    for (const signatureKey of [[NEW, OLD], NEW])
      await world.during({ signatureKey }, async (manager) => {
        expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_ROLLED_BACK' });
        expect(idsOf(manager)).not.toContain('revoked');
      });
    world.server.serve(signed(mapAt(10), NEW));
    await world.during({ signatureKey: NEW }, (manager) => expect(idsOf(manager)).toEqual(['a']));
  });

  it('a stored map is served only if one of the configured HMAC keys verifies it', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(0), OLD));
    await world.during({ signatureKey: OLD }, () => {});
    world.server.fail();
    await world.during({ signatureKey: [NEW, OLD] }, (manager) => expect(idsOf(manager)).toEqual(['a']));
    await world.during({ signatureKey: NEW }, (manager) => {
      expect(idsOf(manager)).toEqual([]);
      expect(manager.lines.map(({ fields }) => fields.event)).toContain('stored-map-refused');
    });
  });

  it('a host finds the minimum map time and the map that an earlier release stored separately for each HMAC key', async () => {
    await using world = await trustWorld();
    const store = new SqliteStore(world.stateDir);
    const kept = (key: string, second: number, id: string) =>
      store.saveMap(
        {
          storeKey: oldStoreKeyOf(world.server.url, key),
          etag: null,
          body: signed(mapAt(second, [id]), key),
          generatedAtMs: NOW + second * 1_000,
          savedAtMs: NOW,
        },
        UNSIGNED,
      );
    kept(OLD, 5, 'of-the-old-key');
    kept(NEW, 4, 'of-the-new-key');
    store.close();
    world.server.serve(signed(mapAt(4, ['older']), NEW));
    for (const signatureKey of [[NEW, OLD], NEW])
      await world.during({ signatureKey }, (manager) =>
        expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_ROLLED_BACK' }),
      );
    await world.during({ signatureKey: [NEW, OLD] }, (manager) => expect(idsOf(manager)).toEqual(['of-the-old-key']));
  });

  it('if the key function later returns another HMAC key, a host finds the map that an earlier release stored for that key', async () => {
    await using world = await trustWorld();
    world.clock.at = NOW + 60_000;
    const store = new SqliteStore(world.stateDir);
    const storeKey = oldStoreKeyOf(world.server.url, NEW);
    const body = signed(mapAt(30), NEW);
    store.saveMap({ storeKey, etag: null, body, generatedAtMs: NOW + 30_000, savedAtMs: NOW }, UNSIGNED);
    store.close();
    const keys = [OLD, NEW];
    world.server.serve(signed(mapAt(20, ['b']), OLD));
    await world.during({ signatureKey: () => keys[0] ?? '' }, async (manager) => {
      expect(idsOf(manager)).toEqual(['b']);
      keys.shift();
      world.server.serve(signed(mapAt(25, ['c']), NEW));
      expect(await manager.refresh()).toBe('MAP_ROLLED_BACK');
      expect(idsOf(manager)).toEqual(['a']);
    });
  });
});
