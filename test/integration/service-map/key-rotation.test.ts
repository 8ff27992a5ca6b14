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
  it('a host that missed three rotations of keys follows all of them in one refresh', async () => {
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
      // The third failure in a row opens the circuit, so that sync() rejects.
      await host.sync(true).catch(() => {});
      expect([failureOf(host), idsOf(host)]).toEqual(['MAP_SIGNATURE_UNTRUSTED', ['after']]);
    }
  });

  it('a host that missed 70 rotations of keys needs two refreshes to follow them', async () => {
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

  it('if there is no new key document, key documents cost only one extra request in each refresh', async () => {
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

  it('a rotation of keys never makes a host reject a valid map, even while the host refreshes all the time', async () => {
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

  it('a load notices new keys even if they are published after the load has read the key documents', async () => {
    await using publisher = await KeyPublisher.start();
    // When the map is requested, the host has already read the key documents. The keys change before the map is sent.
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

  it('a map that is signed with the old key after a rotation of keys is rejected', async () => {
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

  it('a map that is rejected for a reason other than its keys causes no extra requests for key documents', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve([off('a')], { generatedAt: new Date(Date.now() + 3_600_000).toISOString() });
    await using host = follower(publisher);
    await expect(host.sync()).rejects.toMatchObject({ code: 'MAP_FROM_FUTURE' });
    // The document was requested once before the first attempt, and once in parallel to each of the next two attempts.
    expect(publisher.asked.filter((path) => path === 'keys/1').length).toBe(3);
  });

  it('a new key document needs the signatures of 2 of 3 root keys if the threshold is 2', async () => {
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
    // The root key r3 was replaced, so that only one current root key (r2) has signed this document.
    publisher.publish(signedBy([r2, r3], payloadOf(2, [r2, r3], two)));
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 1, lastError: { code: 'KEYS_UNTRUSTED' } });
    publisher.documents.length = 1;
    publisher.publish(signedBy([r2, r4], payloadOf(2, [r2, r4], two)));
    publisher.serve([off('b')], { signers: [r2, r4] });
    await host.sync(true);
    expect([keysOf(host).version, idsOf(host)]).toEqual([2, ['b']]);
  });

  it('a new key document makes a host verify its map again, and sets the expiry of the map', async () => {
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
    'a host follows rotations of keys whose documents come from %s',
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

  it('a host that verifies maps on a worker thread follows a rotation of keys in one refresh', async () => {
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
  it('after all keys were replaced, a host starts with the new key documents, and remembers them after a restart', async () => {
    using dir = new TempDir();
    await using stolen = await KeyPublisher.start();
    for (let times = 0; times < 3; times += 1) stolen.rotate();
    stolen.serve([off('before')]);
    await using before = follower(stolen, { stateDir: dir.path });
    await before.sync();
    await before.close();

    // The operator configures new keys and a new URL of the key documents. The URL of the map stays the same.
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
