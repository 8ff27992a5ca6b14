import { describe, expect, it } from 'vitest';
import { type ConnectorProxyManager, loadConnectorServiceMap } from '../../../src/main/index.ts';
import { payloadOf, signedBy } from '../../helpers/key-documents.ts';
import { follower, KeyPublisher } from '../../helpers/key-publisher.ts';
import { off } from '../../helpers/map-under-test.ts';
import { jwksOf, newKey, type PrivateJwk } from '../../helpers/signing-keys.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const keysOf = (manager: ConnectorProxyManager) => manager.status().serviceMap.keys;
const failureOf = (manager: ConnectorProxyManager) => manager.status().serviceMap.lastError?.code;
const idsOf = (manager: ConnectorProxyManager) => manager.listConnectors().map(({ id }) => id);

describe('a rotation of keys', () => {
  it('a rotation of keys is followed in one refresh by a host that missed three rotations', async () => {
    using dir = new TempDir();
    await using publisher = await KeyPublisher.start();
    publisher.rotate();
    publisher.serve([off('before')]);
    await using earlier = follower(publisher, { stateDir: dir.path });
    await earlier.sync();
    expect(keysOf(earlier)).toMatchObject({ version: 1, trustsConfigurationAlone: true, lastError: null });
    await earlier.close();

    const [oldest] = publisher.keys as [PrivateJwk];
    for (let times = 0; times < 3; times += 1) publisher.rotate();
    publisher.serve([off('after')]);
    const askedBefore = publisher.asked.length;
    await using host = follower(publisher, { stateDir: dir.path });
    await host.sync();
    expect(keysOf(host)).toMatchObject({ version: 4, trustsConfigurationAlone: false, lastError: null });
    expect(idsOf(host)).toEqual(['after']);
    expect(publisher.asked.slice(askedBefore)).toEqual(['keys/2', 'keys/3', 'keys/4', 'keys/5', 'map']);

    for (const signer of [oldest, publisher.keys[1] as PrivateJwk, publisher.keys[3] as PrivateJwk]) {
      publisher.serve([off('forged')], { signers: [signer] });
      // The third failure in a row opens the circuit, and rejects.
      await host.sync(true).catch(() => {});
      expect([failureOf(host), idsOf(host)]).toEqual(['MAP_SIGNATURE_UNTRUSTED', ['after']]);
    }
  });

  it('a rotation of keys is followed in two refreshes by a host that missed 70 rotations', async () => {
    await using publisher = await KeyPublisher.start();
    for (let times = 0; times < 70; times += 1) publisher.rotate();
    publisher.serve();
    await using host = follower(publisher, { timeoutMs: 20_000 });
    await expect(host.sync()).rejects.toMatchObject({ code: 'MAP_SIGNATURE_UNTRUSTED' });
    expect(keysOf(host).version).toBe(64);
    expect(publisher.asked.filter((path) => path.startsWith('keys/')).length).toBe(64);
    await host.sync();
    expect([keysOf(host).version, idsOf(host)]).toEqual([70, ['a']]);
  });

  it('a rotation of keys costs one extra request in each refresh without news, and none without key documents', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve();
    await using host = follower(publisher);
    await host.sync();
    await host.sync(true);
    expect(publisher.asked.toSorted()).toEqual(['keys/1', 'keys/1', 'map', 'map']);
    await using plain = follower(publisher, { keyDocuments: undefined });
    await plain.sync();
    expect(publisher.asked.length).toBe(5);
  });

  it('a rotation of keys never causes a valid map to be rejected, whenever the host refreshes', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve();
    await using host = follower(publisher);
    await host.sync();
    const failures: unknown[] = [];
    let isOver = false;
    const refreshing = (async () => {
      while (!isOver) {
        await host.sync(true);
        failures.push(host.status().serviceMap.lastError);
      }
    })();
    for (let rotation = 1; rotation <= 25; rotation += 1) {
      publisher.rotate();
      publisher.serve([off(`after-${rotation}`)]);
      await host.sync(true);
    }
    isOver = true;
    await refreshing;
    expect(failures.filter((failure) => failure !== null)).toEqual([]);
    await host.sync(true);
    expect([keysOf(host).version, idsOf(host)]).toEqual([25, ['after-25']]);
  });

  it('a rotation of keys is noticed between the response with the documents and the response with the map', async () => {
    await using publisher = await KeyPublisher.start();
    // The documents hold nothing new; then keys are rotated, and then the map is sent.
    publisher.answerMap((_, response) => {
      publisher.rotate();
      response.end(publisher.serve([off('after')]));
    });
    const loaded = await loadConnectorServiceMap({
      serviceMapUrl: publisher.mapUrl,
      signatureKeys: jwksOf(publisher.keys[0] as PrivateJwk),
      keyDocuments: publisher.keysUrl,
      proxy: false,
    });
    expect(loaded.payload.connectors.map(({ id }) => id)).toEqual(['after']);
    expect(publisher.asked).toEqual(['keys/1', 'map', 'keys/1', 'keys/2', 'map']);
  });

  it('a rotation of keys rejects a map that was verified while its key was being replaced', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve();
    await using host = follower(publisher);
    await host.sync();
    const revisions: number[] = [];
    host.on('snapshot', ({ revision }) => void revisions.push(revision));
    const { key } = publisher;
    publisher.rotate();
    publisher.serve([off('late')], { signers: [key] });
    await host.sync(true);
    expect([failureOf(host), idsOf(host), revisions]).toEqual(['MAP_SIGNATURE_UNTRUSTED', ['a'], []]);
  });

  it('a map that is rejected for another reason than its keys causes no wait for a key document', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve([off('a')], { generatedAt: new Date(Date.now() + 3_600_000).toISOString() });
    await using host = follower(publisher);
    await expect(host.sync()).rejects.toMatchObject({ code: 'MAP_FROM_FUTURE' });
    // The document was requested once before the first attempt, and once in parallel to each of the next two attempts.
    expect(publisher.asked.filter((path) => path === 'keys/1').length).toBe(3);
  });

  it('a rotation of keys needs 2 of 3 roots if the documents say so', async () => {
    await using publisher = await KeyPublisher.start();
    const roots = ['r1', 'r2', 'r3'].map((kid) => newKey(kid)) as [PrivateJwk, PrivateJwk, PrivateJwk];
    const [r1, r2, r3] = roots;
    const r4 = newKey('r4');
    const two = { threshold: 2 };
    const host = follower(publisher, { signatureKeys: jwksOf(...roots), threshold: 2 });
    await using _ = host;
    publisher.serve([off('a')], { signers: [r1, r2] });
    await host.sync();
    publisher.publish(signedBy([r1], payloadOf(1, [r1, r2, r4], { threshold: 1 })));
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: null, lastError: { code: 'KEYS_UNTRUSTED' } });
    publisher.documents.length = 0;
    publisher.publish(signedBy([r1, r3, r4], payloadOf(1, [r1, r2, r4], two)));
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 1, lastError: null });
    // A replaced root no longer signs; the two remaining roots do.
    publisher.publish(signedBy([r2, r3], payloadOf(2, [r2, r3], two)));
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 1, lastError: { code: 'KEYS_UNTRUSTED' } });
    publisher.documents.length = 1;
    publisher.publish(signedBy([r2, r4], payloadOf(2, [r2, r4], two)));
    publisher.serve([off('b')], { signers: [r2, r4] });
    await host.sync(true);
    expect([keysOf(host).version, idsOf(host)]).toEqual([2, ['b']]);
  });

  it('a rotation of keys verifies the same map again with new keys, and takes the expiry of the new document', async () => {
    await using publisher = await KeyPublisher.start();
    const expires = new Date(Date.now() + 600_000).toISOString();
    const [key] = publisher.keys as [PrivateJwk];
    publisher.serve();
    await using host = follower(publisher);
    await host.sync();
    publisher.publish(signedBy([key], payloadOf(1, [key], { expires })));
    await host.sync(true);
    expect(host.status().serviceMap).toMatchObject({
      freshness: 'fresh',
      expiresAt: Date.parse(expires),
      keys: { version: 1, expiresAt: Date.parse(expires) },
    });
    publisher.publish(signedBy([key], payloadOf(2, [key])));
    await host.sync(true);
    expect(host.status().serviceMap.expiresAt).toBeGreaterThan(Date.parse(expires));
  });

  it.each(['files', 'a function', 'one file of all documents'])(
    'a rotation of keys is followed from %s too',
    async (kind) => {
      using dir = new TempDir();
      await using publisher = await KeyPublisher.start();
      publisher.rotate();
      publisher.rotate();
      publisher.serve();
      const { documents } = publisher;
      const keyDocuments = {
        files: publisher.writeTo(dir.path),
        'a function': (version: number) => documents[version - 1] ?? null,
        'one file of all documents': publisher.writeAllTo(dir.path),
      }[kind];
      await using host = follower(publisher, { keyDocuments });
      await host.sync();
      expect([keysOf(host).version, idsOf(host)]).toEqual([2, ['a']]);
    },
  );

  it('a rotation of keys also applies to maps verified on a worker thread: first the keys change, then the map', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve();
    await using host = follower(publisher, { offload: 'always' });
    await host.sync();
    publisher.rotate();
    publisher.serve([off('b')]);
    await host.sync(true);
    expect([keysOf(host).version, idsOf(host), failureOf(host)]).toEqual([1, ['b'], undefined]);
  });
});

describe('the replacement of all keys, after the roots were stolen', () => {
  it('the replacement of all keys starts over with the documents of the new keys, and is remembered', async () => {
    using dir = new TempDir();
    await using stolen = await KeyPublisher.start();
    for (let times = 0; times < 3; times += 1) stolen.rotate();
    stolen.serve([off('before')]);
    await using before = follower(stolen, { stateDir: dir.path });
    await before.sync();
    await before.close();

    // The operator gives hosts new keys and a new URL of the documents; the URL of the map stays the same.
    await using renewed = await KeyPublisher.start();
    renewed.rotate();
    const options = {
      stateDir: dir.path,
      signatureKeys: jwksOf(renewed.keys[0] as PrivateJwk),
      keyDocuments: renewed.keysUrl,
    };
    stolen.serve([off('stolen')]);
    await using host = follower(stolen, options);
    await expect(host.sync()).rejects.toMatchObject({ code: 'MAP_SIGNATURE_UNTRUSTED' });
    expect(idsOf(host)).toEqual([]);
    expect(keysOf(host)).toMatchObject({ version: 1, trustsConfigurationAlone: true });
    stolen.serve([off('after')], { signers: [renewed.key] });
    await host.sync();
    expect(idsOf(host)).toEqual(['after']);
    await host.close();

    renewed.documents.length = 0;
    await using again = follower(stolen, options);
    await again.sync();
    expect(keysOf(again)).toMatchObject({ version: 1, trustsConfigurationAlone: false });
    expect(idsOf(again)).toEqual(['after']);
  });
});
