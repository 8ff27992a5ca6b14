import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ConnectorProxyManager } from '../../../src/main/index.ts';
import { thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { payloadOf, signedBy } from '../../helpers/key-documents.ts';
import { follower, KeyPublisher } from '../../helpers/key-publisher.ts';
import type { Answer } from '../../helpers/map-server.ts';
import { off } from '../../helpers/map-under-test.ts';
import { jwksOf, newKey, type PrivateJwk, publicJwk } from '../../helpers/signing-keys.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const keysOf = (manager: ConnectorProxyManager) => manager.status().serviceMap.keys;
const failureOf = (manager: ConnectorProxyManager) => manager.status().serviceMap.lastError?.code;
const idsOf = (manager: ConnectorProxyManager) => manager.listConnectors().map(({ id }) => id);
const DAY_MS = 86_400_000;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Starts a publisher that has rotated its keys twice and has signed its map with the newest key. */
async function rotated(): Promise<KeyPublisher> {
  const publisher = await KeyPublisher.start();
  publisher.rotate();
  publisher.rotate();
  publisher.serve();
  return publisher;
}

describe('an attack on key documents', () => {
  it('a stolen key that is not a root key cannot sign a key document', async () => {
    await using publisher = await KeyPublisher.start();
    const [root] = publisher.keys as [PrivateJwk];
    const mapKey = newKey('map-key');
    publisher.publish(signedBy([root], payloadOf(1, [root, mapKey], { roots: [root.kid] })));
    publisher.serve([off('a')], { signers: [mapKey] });
    await using host = follower(publisher);
    await host.sync();
    const thief = newKey('thief');
    publisher.publish(signedBy([mapKey, thief], payloadOf(2, [thief])));
    publisher.serve([off('stolen')], { signers: [thief] });
    await host.sync(true);
    expect([keysOf(host).version, failureOf(host), idsOf(host)]).toEqual([1, 'MAP_SIGNATURE_UNTRUSTED', ['a']]);
    expect(host.complaints()).toContain('keys-not-followed KEYS_UNTRUSTED');
  });

  it('a stolen root key that was rotated away cannot sign a key document', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher);
    await host.sync();
    const thief = newKey('thief');
    publisher.publish(signedBy([publisher.keys[1] as PrivateJwk, thief], payloadOf(3, [thief])));
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code: 'KEYS_UNTRUSTED' } });
  });

  it('a host rejects the key documents of another publisher, even if it has no key documents yet', async () => {
    await using publisher = await rotated();
    await using other = await rotated();
    other.rotate();
    await using host = follower(publisher);
    await host.sync();
    publisher.publish(other.documents[2] as never);
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code: 'KEYS_UNTRUSTED' } });
    // A host without any documents does not accept these documents either.
    await using fresh = follower(publisher, { keyDocuments: other.keysUrl });
    publisher.serve([off('a')], { signers: [publisher.keys[0] as PrivateJwk] });
    await fresh.sync();
    expect(keysOf(fresh)).toMatchObject({ version: null, lastError: { code: 'KEYS_UNTRUSTED' } });
  });

  it('a host rejects a key document with signatures that were copied from another document or from other bytes', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher);
    await host.sync();
    const { key } = publisher;
    const thief = newKey('thief');
    const [good = ''] = signedBy([key], payloadOf(3, [key])).signatures;
    const [forged = ''] = signedBy([thief], payloadOf(3, [thief])).signatures;
    const [header = '', , signature = ''] = good.split('.');
    const [, payload = ''] = forged.split('.');
    const spaced = Buffer.from(JSON.stringify(payloadOf(3, [key]), null, 1)).toString('base64url');
    for (const [signatures, code] of [
      [[forged, [header, payload, signature].join('.')], 'KEYS_UNTRUSTED'],
      [[forged, good], 'KEYS_INVALID'],
      [[good, [header, spaced, signature].join('.')], 'KEYS_INVALID'],
      [[[header, spaced, signature].join('.')], 'KEYS_UNTRUSTED'],
    ] as const) {
      publisher.documents.length = 2;
      publisher.publish({ signatures });
      await host.sync(true);
      expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code } });
    }
  });

  it('a host rejects a key document with signatures that were copied from a map', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher);
    await host.sync();
    const { signatures } = JSON.parse(new TextDecoder().decode(publisher.serve())) as { signatures: string[] };
    publisher.publish({ signatures });
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code: 'KEYS_INVALID' } });
  });

  it('a host keeps key document 3 if the server offers document 2 as document 4, or removes documents', async () => {
    await using publisher = await rotated();
    publisher.rotate();
    publisher.serve();
    const [, second] = publisher.documents;
    await using host = follower(publisher);
    await host.sync();
    publisher.publish(second as never);
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 3, lastError: { code: 'KEYS_ROLLED_BACK' } });
    publisher.documents.length = 2;
    publisher.serve([off('old')], { signers: [publisher.keys[2] as PrivateJwk] });
    await host.sync(true);
    expect([keysOf(host).version, failureOf(host), idsOf(host)]).toEqual([3, 'MAP_SIGNATURE_UNTRUSTED', ['a']]);
  });

  it('a second key document with the version of a known document does not replace the known document', async () => {
    using dir = new TempDir();
    await using publisher = await rotated();
    await using host = follower(publisher, { stateDir: dir.path });
    await host.sync();
    await host.close();
    const fork = newKey('fork');
    publisher.documents[1] = signedBy([publisher.keys[1] as PrivateJwk, fork], payloadOf(2, [fork]));
    publisher.publish(signedBy([fork], payloadOf(3, [fork])));
    publisher.serve([off('forked')], { signers: [fork] });
    await using after = follower(publisher, { stateDir: dir.path });
    await after.sync();
    expect(keysOf(after)).toMatchObject({ version: 2, lastError: { code: 'KEYS_UNTRUSTED' } });
    expect([failureOf(after), idsOf(after)]).toEqual(['MAP_SIGNATURE_UNTRUSTED', ['a']]);
  });

  it('if a host gets no newer key documents, it accepts new maps only until its newest key document expires', async () => {
    await using publisher = await KeyPublisher.start();
    const startedAt = Date.now();
    const expiresAt = startedAt + DAY_MS;
    publisher.rotate({ expires: new Date(expiresAt).toISOString() });
    publisher.serve([off('a')], { ttlSeconds: 20 * 86_400 });
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => startedAt);
    await using host = follower(publisher, { maxStaleMs: DAY_MS });
    await host.sync();
    expect(host.status().serviceMap).toMatchObject({ freshness: 'fresh', expiresAt });

    clock.mockImplementation(() => expiresAt + 1);
    // A newer map with the same keys. Its server no longer gets new key documents from the publisher.
    publisher.serve([off('newer')], { ttlSeconds: 20 * 86_400 });
    await host.sync(true);
    expect([failureOf(host), idsOf(host), host.status().serviceMap.freshness]).toEqual([
      'KEYS_EXPIRED',
      ['a'],
      'stale',
    ]);

    clock.mockImplementation(() => expiresAt + DAY_MS + 1);
    expect(host.status().serviceMap).toMatchObject({ freshness: 'none', dropped: { code: 'MAP_TOO_STALE' } });
    expect(idsOf(host)).toEqual([]);

    // The next document ends the freeze.
    publisher.rotate();
    publisher.serve([off('thawed')]);
    await host.sync(true);
    expect([failureOf(host), idsOf(host)]).toEqual([undefined, ['thawed']]);
  });

  it('a wrong clock makes a host treat a valid key document as expired only until the clock is right again', async () => {
    await using publisher = await KeyPublisher.start();
    const startedAt = Date.now();
    publisher.rotate({ expires: new Date(startedAt + DAY_MS).toISOString() });
    publisher.serve([off('a')], { ttlSeconds: 20 * 86_400 });
    await using host = follower(publisher, { maxClockSkewMs: 3 * DAY_MS });
    await host.sync();
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => startedAt + 2 * DAY_MS);
    await host.sync(true);
    expect([failureOf(host), keysOf(host).version]).toEqual(['KEYS_EXPIRED', 1]);
    clock.mockImplementation(() => startedAt - DAY_MS);
    await host.sync(true);
    expect([failureOf(host), keysOf(host).version, idsOf(host)]).toEqual([undefined, 1, ['a']]);
  });
});

describe('a host without stored key documents', () => {
  it('a host that has lost its state accepts an old key document, and reports that it trusts only its configuration', async () => {
    using dir = new TempDir();
    await using publisher = await rotated();
    await using before = follower(publisher, { stateDir: dir.path });
    await before.sync();
    await before.close();
    rmSync(dir.path, { recursive: true });
    publisher.documents.length = 1;
    publisher.serve([off('old')], { signers: [publisher.keys[1] as PrivateJwk] });
    await using host = follower(publisher, { stateDir: dir.path });
    await host.sync();
    expect(keysOf(host)).toMatchObject({ version: 1, trustsConfigurationAlone: true });
    expect(idsOf(host)).toEqual(['old']);
  });

  it('a host without the option `stateDir` reports that it trusts only its configuration', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher);
    await host.sync();
    expect(keysOf(host)).toMatchObject({ version: 2, trustsConfigurationAlone: true });
  });

  it('a host without state accepts no map before it has the key document of `minVersion`', async () => {
    await using publisher = await rotated();
    const [second] = publisher.documents.splice(1);
    publisher.serve([off('old')], { signers: [publisher.keys[1] as PrivateJwk] });
    await using host = follower(publisher, { minVersion: 2 });
    await expect(host.sync()).rejects.toMatchObject({
      code: 'KEYS_ROLLED_BACK',
      message: 'Key document 2 is needed, but the newest known one is 1: no newer one is published.',
    });
    // The map was not requested, because it could not be accepted.
    expect(publisher.asked).not.toContain('map');
    publisher.publish(second as never);
    publisher.serve();
    await host.sync();
    expect([keysOf(host).version, idsOf(host)]).toEqual([2, ['a']]);
  });

  it('a host reports why it cannot read the key documents up to `minVersion`', async () => {
    await using publisher = await rotated();
    publisher.answerKeys((_, response) => response.writeHead(500).end());
    await using host = follower(publisher, { minVersion: 2 });
    await expect(host.sync()).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
  });

  it('a host without state starts at key document `minVersion` if the configured keys signed that document', async () => {
    await using publisher = await rotated();
    publisher.rotate();
    publisher.serve();
    const signatureKeys = jwksOf(publisher.keys[2] as PrivateJwk);
    await using host = follower(publisher, { signatureKeys, minVersion: 2 });
    await host.sync();
    expect(publisher.asked).toEqual(['keys/2', 'keys/3', 'keys/4', 'map']);
    expect([keysOf(host).version, idsOf(host)]).toEqual([3, ['a']]);
  });

  it('a host does not serve its stored map if `minVersion` is higher than the version of its stored key documents', async () => {
    using dir = new TempDir();
    await using publisher = await rotated();
    await using before = follower(publisher, { stateDir: dir.path });
    await before.sync();
    await before.close();
    await using host = follower(publisher, { stateDir: dir.path, minVersion: 3 });
    await expect(host.sync()).rejects.toMatchObject({ code: 'KEYS_ROLLED_BACK' });
    expect(idsOf(host)).toEqual([]);
    publisher.rotate();
    publisher.serve([off('new')]);
    await host.sync();
    expect(idsOf(host)).toEqual(['new']);
  });
});

describe('a failing server of key documents', () => {
  const hostile: readonly [string, Answer, string][] = [
    ['is down', (request) => void request.socket.destroy(), 'KEYS_UNAVAILABLE'],
    ['answers 500', (_, response) => void response.writeHead(500).end('no'), 'KEYS_UNAVAILABLE'],
    ['never answers', () => {}, 'KEYS_UNAVAILABLE'],
    ['answers with a login page', (_, response) => void response.end('<html>Log in</html>'), 'KEYS_INVALID'],
    ['answers with an empty body', (_, response) => void response.end(), 'KEYS_INVALID'],
    ['answers with deeply nested JSON', (_, response) => void response.end('['.repeat(60_000)), 'KEYS_INVALID'],
    ['answers with random bytes', (_, response) => void response.end(randomBytes(10_000)), 'KEYS_INVALID'],
    [
      'answers endlessly',
      (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      'KEYS_UNAVAILABLE',
    ],
    [
      'answers with a redirect to an internal server',
      (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      'KEYS_UNAVAILABLE',
    ],
  ];

  it.each(hostile)(
    'if a key document server %s, the known keys stay valid, and the map is still refreshed',
    async (_, answer, code) => {
      await using publisher = await rotated();
      await using host = follower(publisher, { timeoutMs: 500 });
      await host.sync();
      publisher.answerKeys(answer);
      publisher.serve([off('b')]);
      await host.sync(true);
      expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code } });
      expect([failureOf(host), idsOf(host)]).toEqual([undefined, ['b']]);
      // A failure with the same reason is logged only once.
      await host.sync(true);
      expect(host.complaints()).toEqual([`keys-not-followed ${code}`]);
      publisher.answerKeys(null);
      await host.sync(true);
      expect(keysOf(host).lastError).toBeNull();
    },
  );

  it('a key document server that never answers delays a refresh by only one timeout, even if the map needs several attempts', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher, { timeoutMs: 300 });
    await host.sync();
    publisher.answerKeys(() => {});
    publisher.answerMap((_, response) => response.writeHead(503).end());
    const askedBefore = publisher.asked.length;
    await host.sync(true);
    expect(publisher.asked.slice(askedBefore).toSorted()).toEqual(['keys/3', 'map', 'map', 'map']);
  });

  it('a host accepts at most 64 key documents in one refresh, however many there are', async () => {
    await using publisher = await KeyPublisher.start();
    const [key] = publisher.keys as [PrivateJwk];
    publisher.answerKeys((request, response) => {
      const version = Number(/\d+$/.exec(request.url ?? '')?.[0]);
      response.end(JSON.stringify(signedBy([key], payloadOf(version, [key]))));
    });
    publisher.serve();
    await using host = follower(publisher);
    await host.sync();
    expect([keysOf(host).version, idsOf(host)]).toEqual([64, ['a']]);
  });

  it('a new host uses its configured keys if the server of key documents fails', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve();
    publisher.answerKeys((_, response) => response.writeHead(500).end());
    await using host = follower(publisher);
    await host.sync();
    expect(keysOf(host)).toMatchObject({ version: null, lastError: { code: 'KEYS_UNAVAILABLE' } });
    expect(idsOf(host)).toEqual(['a']);
  });

  it('a failing key document server at another origin gets no API key, and no log line shows the query of its URL', async () => {
    await using publisher = await rotated();
    await using other = await KeyPublisher.start();
    const keyDocuments = `${other.keysUrl}?token=s3cr3t-documents`;
    await using host = follower(publisher, { keyDocuments, apiKey: 's3cr3t-map' });
    publisher.serve([off('a')], { signers: [publisher.keys[0] as PrivateJwk] });
    other.answerKeys((request, response) => {
      expect(request.headers.authorization).toBeUndefined();
      response.writeHead(500).end();
    });
    await host.sync();
    expect(JSON.stringify([host.status(), host.lines])).not.toContain('s3cr3t');
  });

  it('a half-written file of key documents is rejected, and is read again at the next refresh', async () => {
    using dir = new TempDir();
    await using publisher = await rotated();
    const path = join(dir.path, 'keys.json');
    writeFileSync(path, JSON.stringify(publisher.documents).slice(0, 500));
    publisher.serve([off('a')], { signers: [publisher.keys[0] as PrivateJwk] });
    await using host = follower(publisher, { keyDocuments: path });
    await host.sync();
    expect(keysOf(host).lastError).toMatchObject({ code: 'KEYS_INVALID' });
    writeFileSync(path, JSON.stringify(publisher.documents));
    publisher.serve();
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 2, lastError: null });
  });
});

describe('keys that a key document revokes', () => {
  it('a map that is signed with a revoked key is rejected with MAP_KEY_REVOKED', async () => {
    await using publisher = await rotated();
    const { key } = publisher;
    publisher.rotate({ revoked: [thumbprintOf(publicJwk(key))] });
    publisher.serve([off('a')], { signers: [key] });
    await using host = follower(publisher);
    await expect(host.sync()).rejects.toMatchObject({ code: 'MAP_KEY_REVOKED' });
  });

  it('a revoked key stays revoked after a restart without the option `keyDocuments`', async () => {
    using state = new TempDir();
    await using publisher = await KeyPublisher.start();
    const stolen = publisher.key;
    publisher.rotate();
    publisher.rotate({ revoked: [thumbprintOf(publicJwk(stolen))] });
    publisher.serve([off('a')]);
    const options = { stateDir: state.path };
    await using before = follower(publisher, options);
    await before.sync();
    await before.close();
    publisher.serve([off('stolen')], { signers: [stolen] });
    const without = { ...options, keyDocuments: undefined } as object;
    const other = newKey('other');
    await using host = follower(publisher, { ...without, signatureKeys: jwksOf(stolen, other) });
    await host.sync(true).catch(() => {});
    expect([failureOf(host), idsOf(host)]).toEqual(['MAP_KEY_REVOKED', []]);
    publisher.serve([off('b')], { signers: [other] });
    await host.sync(true);
    expect([failureOf(host), idsOf(host)]).toEqual([undefined, ['b']]);
  });
});
