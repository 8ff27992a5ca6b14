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

/** A publisher after two rotations; its map is signed with its newest key. */
async function rotated(): Promise<KeyPublisher> {
  const publisher = await KeyPublisher.start();
  publisher.rotate();
  publisher.rotate();
  publisher.serve();
  return publisher;
}

describe('an attacker', () => {
  it('an attacker who has stolen a key that is not a root key can sign maps, but no key documents', async () => {
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

  it('an attacker who has a root key that was rotated away changes nothing', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher);
    await host.sync();
    const thief = newKey('thief');
    publisher.publish(signedBy([publisher.keys[1] as PrivateJwk, thief], payloadOf(3, [thief])));
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code: 'KEYS_UNTRUSTED' } });
  });

  it('an attacker who serves the key documents of another publisher changes nothing', async () => {
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

  it('an attacker who reuses signatures of another key document, or of the same one in other bytes, changes nothing', async () => {
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

  it('an attacker who uses a map signature as the signature of a key document changes nothing', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher);
    await host.sync();
    const { signatures } = JSON.parse(new TextDecoder().decode(publisher.serve())) as { signatures: string[] };
    publisher.publish({ signatures });
    await host.sync(true);
    expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code: 'KEYS_INVALID' } });
  });

  it('an attacker who serves key document 2 in place of 4, or removes documents, rolls nothing back', async () => {
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

  it('an attacker who publishes a second key document of a known version does not replace the first', async () => {
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

  it('an attacker who freezes the key documents succeeds only until the newest document expires', async () => {
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
    // A newer map with the same keys, as served by a server that no longer receives its publisher's documents.
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

  it('an attacker who changes the clock neither revives an expired document nor makes a valid one expire for good', async () => {
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

describe('a host without its state', () => {
  it('a host without its state accepts an old document again, and reports that it trusts only its configuration', async () => {
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

  it('a host without a stateDir accepts an old document again, and reports that it trusts only its configuration', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher);
    await host.sync();
    expect(keysOf(host)).toMatchObject({ version: 2, trustsConfigurationAlone: true });
  });

  it('a host without its state accepts no map with keys older than minVersion', async () => {
    await using publisher = await rotated();
    const [second] = publisher.documents.splice(1);
    publisher.serve([off('old')], { signers: [publisher.keys[1] as PrivateJwk] });
    await using host = follower(publisher, { minVersion: 2 });
    await expect(host.sync()).rejects.toMatchObject({
      code: 'KEYS_ROLLED_BACK',
      message: 'Key document 2 is needed, but the newest known one is 1: no newer one is published.',
    });
    // The map was not requested, since it could not be accepted.
    expect(publisher.asked).not.toContain('map');
    publisher.publish(second as never);
    publisher.serve();
    await host.sync();
    expect([keysOf(host).version, idsOf(host)]).toEqual([2, ['a']]);
  });

  it('a host without its state reports why the documents up to minVersion cannot be read', async () => {
    await using publisher = await rotated();
    publisher.answerKeys((_, response) => response.writeHead(500).end());
    await using host = follower(publisher, { minVersion: 2 });
    await expect(host.sync()).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
  });

  it('a host without its state starts at minVersion, if the configured keys signed that document', async () => {
    await using publisher = await rotated();
    publisher.rotate();
    publisher.serve();
    const signatureKeys = jwksOf(publisher.keys[2] as PrivateJwk);
    await using host = follower(publisher, { signatureKeys, minVersion: 2 });
    await host.sync();
    expect(publisher.asked).toEqual(['keys/2', 'keys/3', 'keys/4', 'map']);
    expect([keysOf(host).version, idsOf(host)]).toEqual([3, ['a']]);
  });

  it('a host serves no stored map if minVersion was raised beyond the stored documents', async () => {
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
    ['answers with deep JSON', (_, response) => void response.end('['.repeat(60_000)), 'KEYS_INVALID'],
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
    'a server of key documents leaves known keys in force if it %s, and the map is refreshed',
    async (_, answer, code) => {
      await using publisher = await rotated();
      await using host = follower(publisher, { timeoutMs: 500 });
      await host.sync();
      publisher.answerKeys(answer);
      publisher.serve([off('b')]);
      await host.sync(true);
      expect(keysOf(host)).toMatchObject({ version: 2, lastError: { code } });
      expect([failureOf(host), idsOf(host)]).toEqual([undefined, ['b']]);
      // The log has one line for each new reason.
      await host.sync(true);
      expect(host.complaints()).toEqual([`keys-not-followed ${code}`]);
      publisher.answerKeys(null);
      await host.sync(true);
      expect(keysOf(host).lastError).toBeNull();
    },
  );

  it('a failing server of key documents costs a refresh only one timeout over all its attempts', async () => {
    await using publisher = await rotated();
    await using host = follower(publisher, { timeoutMs: 300 });
    await host.sync();
    publisher.answerKeys(() => {});
    publisher.answerMap((_, response) => response.writeHead(503).end());
    const askedBefore = publisher.asked.length;
    await host.sync(true);
    expect(publisher.asked.slice(askedBefore).toSorted()).toEqual(['keys/3', 'map', 'map', 'map']);
  });

  it('a server of key documents advances a host by at most 64 versions in a refresh, however many it signs', async () => {
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

  it('a failing server of key documents leaves a new host with its configured keys', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve();
    publisher.answerKeys((_, response) => response.writeHead(500).end());
    await using host = follower(publisher);
    await host.sync();
    expect(keysOf(host)).toMatchObject({ version: null, lastError: { code: 'KEYS_UNAVAILABLE' } });
    expect(idsOf(host)).toEqual(['a']);
  });

  it('a failing server of key documents is logged by its URL without secrets, and gets no key of another origin', async () => {
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

  it('a server may publish a half-written file of key documents, which is read again', async () => {
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

describe('keys that a document revokes', () => {
  it('revoked keys are named in the rejection of a map that they signed', async () => {
    await using publisher = await rotated();
    const { key } = publisher;
    publisher.rotate({ revoked: [thumbprintOf(publicJwk(key))] });
    publisher.serve([off('a')], { signers: [key] });
    await using host = follower(publisher);
    await expect(host.sync()).rejects.toMatchObject({ code: 'MAP_KEY_REVOKED' });
  });

  it('revoked keys stay revoked for a host that starts without key documents', async () => {
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
