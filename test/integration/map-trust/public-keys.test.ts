import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConnectorServiceMap, type ManagerOptions } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { NOW, signed, signedWith } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';
import { idsOf, mapAt, trustWorld } from '../../helpers/trusting-manager.ts';

const HMAC = secret('the HMAC key');
const [FIRST, SECOND, THIRD] = [newKey('first'), newKey('second', 'ES256'), newKey('third')];

describe('a map with asymmetric signatures', () => {
  it('is believed with public keys alone, and status names the keys', async () => {
    await using world = await trustWorld();
    world.server.serve(signedWith(mapAt(0), [FIRST, SECOND, THIRD]));
    const options = { signatureKeys: jwksOf(FIRST, SECOND), threshold: 2 };
    await world.during(options, (manager) => {
      const { accept, signedBy, seenSigned, mapId } = manager.status().serviceMap;
      expect({ accept, seenSigned, mapId }).toEqual({
        accept: 'signature',
        seenSigned: true,
        mapId: '01JD0000000000000000000000',
      });
      const expiresAt = NOW + 3_600_000;
      const thumbprint = expect.stringMatching(/^[\w-]{43}$/);
      expect(signedBy).toEqual({
        hmacKey: null,
        signatures: [
          { kid: 'first', alg: 'EdDSA', thumbprint, expiresAt },
          { kid: 'second', alg: 'ES256', thumbprint, expiresAt },
        ],
      });
      expect(structuredClone(manager.status())).toEqual(manager.status());
    });
  });

  it('is believed by the keys of a file as it is at each load', async () => {
    await using world = await trustWorld();
    const path = join(world.stateDir, 'keys.json');
    const publish = (...keys: readonly (typeof FIRST)[]) => writeFileSync(path, JSON.stringify(jwksOf(...keys)));
    publish(FIRST);
    world.server.serve(signedWith(mapAt(0), [FIRST]));
    await world.during({ signatureKeys: path }, async (manager) => {
      world.server.serve(signedWith(mapAt(1, ['b']), [SECOND]));
      expect([await manager.refresh(), idsOf(manager)]).toEqual(['MAP_SIGNATURE_UNTRUSTED', ['a']]);
      publish(FIRST, SECOND);
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['b']]);
      // The map in force is proven again under other keys, though its bytes are the same.
      publish(FIRST);
      expect([await manager.refresh(), idsOf(manager)]).toEqual(['MAP_SIGNATURE_UNTRUSTED', ['b']]);
      rmSync(path);
      expect([await manager.refresh(), idsOf(manager)]).toEqual(['KEYS_UNAVAILABLE', ['b']]);
      writeFileSync(path, '{');
      expect([await manager.refresh(), idsOf(manager)]).toEqual(['KEYS_INVALID', ['b']]);
    });
  });

  it('is loaded by loadConnectorServiceMap too', async () => {
    await using world = await trustWorld();
    world.server.serve(signedWith(mapAt(0), [FIRST]));
    const options = { serviceMapUrl: world.server.url, now: () => NOW };
    const { payload } = await loadConnectorServiceMap({ ...options, signatureKeys: jwksOf(FIRST) });
    expect(payload.connectors.map(({ id }) => id)).toEqual(['a']);
    await expect(loadConnectorServiceMap({ ...options, signatureKeys: jwksOf(SECOND) })).rejects.toMatchObject({
      code: 'MAP_SIGNATURE_UNTRUSTED',
      name: 'ConnectorManifestError',
    });
    await expect(loadConnectorServiceMap({ ...options, signatureKeys: () => [] })).rejects.toMatchObject({
      code: 'KEYS_INVALID',
    });
  });

  it('needs no HMAC key by its types, but one of the two', () => {
    const url = { serviceMapUrl: 'http://maps.test/' };
    const good: readonly ManagerOptions[] = [
      { ...url, signatureKey: ['new', () => 'old'] },
      { ...url, signatureKeys: './keys.json', accept: 'signature' },
      { sources: [{ id: 'a', url: 'http://maps.test/', signatureKeys: { keys: [] }, maxStaleMs: null }] },
    ];
    // @ts-expect-error One of signatureKey and signatureKeys has to be given.
    const bad: ManagerOptions = url;
    expect([...good, bad]).toHaveLength(4);
  });
});

describe('a store that takes the place of another while a host runs', () => {
  it('learns that its source was seen signed', async () => {
    await using world = await trustWorld();
    const either = { signatureKey: HMAC, signatureKeys: jwksOf(FIRST), accept: 'either' } as const;
    world.server.serve(signedWith(mapAt(0), [FIRST], HMAC));
    await world.during(either, async (manager) => {
      for (const suffix of ['', '-wal', '-shm'])
        rmSync(join(world.stateDir, `switchyard.db${suffix}`), { force: true });
      await eventually('the new store has the map', async () => {
        await manager.refresh();
        return manager.status().serviceMap.revision > 1;
      });
    });
    // The image alone would know it too.
    for (const name of readdirSync(world.stateDir)) if (name.endsWith('.img')) rmSync(join(world.stateDir, name));
    world.server.serve(signed(mapAt(1, ['forged']), HMAC));
    await world.during(either, (manager) => {
      expect(manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_SIGNATURE_DOWNGRADED' });
      expect(idsOf(manager)).toEqual(['a']);
    });
  });
});
