import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConnectorProxyManager } from '../../../src/main/index.ts';
import { thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { eventually } from '../../helpers/eventually.ts';
import { payloadOf, signedBy } from '../../helpers/key-documents.ts';
import { follower, KeyPublisher } from '../../helpers/key-publisher.ts';
import { off } from '../../helpers/map-under-test.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry, KEY } from '../../helpers/signed-map.ts';
import { jwksOf, newKey, type PrivateJwk, publicJwk } from '../../helpers/signing-keys.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const keysOf = (manager: ConnectorProxyManager) => manager.status().serviceMap.keys;
const mapOf = (manager: ConnectorProxyManager) => manager.status().serviceMap;
const idsOf = (manager: ConnectorProxyManager) => manager.listConnectors().map(({ id }) => id);
const thumbprint = (key: PrivateJwk): string => thumbprintOf(publicJwk(key));

/** Starts a publisher whose map is signed only with separate keys that are not root keys. */
async function withMapKey(...mapKeys: readonly PrivateJwk[]): Promise<KeyPublisher> {
  const publisher = await KeyPublisher.start();
  const [root] = publisher.keys as [PrivateJwk];
  publisher.publish(signedBy([root], payloadOf(1, [root, ...mapKeys], { roots: [root.kid] })));
  publisher.serve([off('a')], { signers: mapKeys });
  return publisher;
}

/** Publishes a key document that revokes the keys `revoked` and lists the root key and the keys `others`. */
function revoke(publisher: KeyPublisher, revoked: readonly PrivateJwk[], others: readonly PrivateJwk[] = []): void {
  const [root] = publisher.keys as [PrivateJwk];
  const change = { roots: [root.kid], revoked: revoked.map(thumbprint) };
  publisher.publish(signedBy([root], payloadOf(publisher.documents.length + 1, [root, ...others], change)));
}

describe("the revocation of the current map's key", () => {
  it.concurrent('if the key of the current map is revoked, the connectors are removed immediately, and running calls get 5 s to end', async () => {
    const stolen = newKey('stolen');
    const answers: (() => void)[] = [];
    await using connector = await TestMcpServer.start((server) => {
      server.registerTool('wait', {}, async () => {
        await new Promise<void>((resolve) => answers.push(resolve));
        return { content: [{ type: 'text', text: 'done' }] };
      });
    });
    await using publisher = await withMapKey(stolen);
    publisher.serve([entry('a', { endpoint: connector.url })], { signers: [stolen] });
    await using host = follower(publisher);
    await host.sync();
    const ending = host.callTool('a.wait');
    const hanging = host.callTool('a.wait').catch((error: unknown) => error);
    await eventually('both calls are under way', () => answers.length === 2);

    revoke(publisher, [stolen]);
    const revokedAt = performance.now();
    await host.sync(true).catch(() => {});
    expect(mapOf(host)).toMatchObject({
      ...{ freshness: 'none', connectorCount: 0, dropped: { code: 'MAP_KEY_REVOKED' }, signedBy: null },
      lastError: { code: 'MAP_KEY_REVOKED' },
    });
    expect([idsOf(host), host.listTools()]).toEqual([[], []]);
    expect(host.complaints()).toContain('map-key-revoked MAP_KEY_REVOKED');
    // The map is logged as accepted only once, because dropping it does not log another acceptance.
    expect(host.lines.filter(({ fields }) => fields.event === 'map-accepted')).toHaveLength(1);
    await expect(host.callTool('a.wait')).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });

    answers[0]?.();
    await expect(ending).resolves.toMatchObject({ content: [{ text: 'done' }] });
    await expect(hanging).resolves.toMatchObject({ code: 'CONNECTOR_GONE' });
    expect(performance.now() - revokedAt).toBeGreaterThan(4_900);
  });

  it.concurrent('close() does not wait for running calls after the key of the map was revoked', async () => {
    const stolen = newKey('stolen');
    let calls = 0;
    await using connector = await TestMcpServer.start((server) => {
      server.registerTool('hang', {}, () => {
        calls += 1;
        return new Promise(() => {});
      });
    });
    await using publisher = await withMapKey(stolen);
    publisher.serve([entry('a', { endpoint: connector.url })], { signers: [stolen] });
    const host = follower(publisher);
    await host.sync();
    const hanging = host.callTool('a.hang').catch((error: unknown) => error);
    await eventually('the call is under way', () => calls === 1);
    revoke(publisher, [stolen]);
    await host.sync(true).catch(() => {});
    const startedAt = performance.now();
    await host.close();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await expect(hanging).resolves.toMatchObject({ code: 'CLOSED' });
  });

  it.concurrent('a host drops a map whose key was revoked even if the map server does not answer', async () => {
    const stolen = newKey('stolen');
    await using publisher = await withMapKey(stolen);
    await using host = follower(publisher, { timeoutMs: 3_000 });
    await host.sync();
    revoke(publisher, [stolen]);
    let isMapAsked = false;
    publisher.answerMap(() => {
      isMapAsked = true;
    });
    const syncing = host.sync(true).catch(() => {});
    await eventually('the map is dropped', () => mapOf(host).dropped !== null, 2_500);
    expect([isMapAsked, idsOf(host)]).toEqual([true, []]);
    publisher.serve([off('b')], { signers: [publisher.key] });
    await syncing;
  });

  it('after the key of the map was revoked, only a newer map with a valid key brings the connectors back', async () => {
    const stolen = newKey('stolen');
    const good = newKey('good');
    await using publisher = await withMapKey(good);
    await using host = follower(publisher);
    const older = publisher.serve([off('older')], { signers: [good] });
    publisher.serve([off('a')], { signers: [stolen] });
    revoke(publisher, [], [stolen, good]);
    await host.sync();
    revoke(publisher, [stolen], [good]);
    publisher.serveBytes(older);
    await host.sync(true).catch(() => {});
    expect([mapOf(host).lastError?.code, idsOf(host)]).toEqual(['MAP_ROLLED_BACK', []]);
    publisher.serve([off('a')], { signers: [good] });
    await host.sync(true);
    expect(mapOf(host)).toMatchObject({ freshness: 'fresh', dropped: null, lastError: null });
    expect(idsOf(host)).toEqual(['a']);
  });

  it('a map whose key was revoked is not dropped if the same refresh loads a map with a valid key', async () => {
    const stolen = newKey('stolen');
    const good = newKey('good');
    await using publisher = await withMapKey(stolen);
    await using host = follower(publisher);
    await host.sync();
    revoke(publisher, [stolen], [good]);
    publisher.serve([off('a')], { signers: [good] });
    await host.sync(true);
    expect(mapOf(host)).toMatchObject({ dropped: null, lastError: null, signedBy: { signatures: [{ kid: 'good' }] } });
    expect(idsOf(host)).toEqual(['a']);
  });

  it('a host keeps a map after one of its keys was revoked if enough other keys have signed the map', async () => {
    const [one, two, three] = ['one', 'two', 'three'].map((kid) => newKey(kid)) as [PrivateJwk, PrivateJwk, PrivateJwk];
    await using publisher = await withMapKey(one, two, three);
    const root = newKey('second-root');
    const [first] = publisher.keys as [PrivateJwk];
    publisher.documents.length = 0;
    const roots = { roots: [first.kid], threshold: 1 };
    publisher.publish(signedBy([first, root], payloadOf(1, [first, one, two, three], roots)));
    await using host = follower(publisher, { signatureKeys: jwksOf(first, root), threshold: 2 });
    await host.sync();
    revoke(publisher, [one], [two, three]);
    const revision = () => mapOf(host).revision;
    const before = revision();
    await host.sync(true);
    expect(mapOf(host)).toMatchObject({ dropped: null, lastError: null });
    // The host has verified the same map again, with the two keys that remain.
    expect(revision()).toBe(before + 1);
    expect(mapOf(host).signedBy?.signatures.map(({ kid }) => kid)).toEqual(['two', 'three']);
    revoke(publisher, [one, two], [three]);
    await host.sync(true).catch(() => {});
    expect(mapOf(host)).toMatchObject({ dropped: { code: 'MAP_KEY_REVOKED' }, lastError: { code: 'MAP_KEY_REVOKED' } });
  });

  it.each([
    ['both', true],
    ['either', true],
    ['signature', true],
  ] as const)(
    'if the key of a map is revoked, a host drops the map (option `accept`: %s)',
    async (accept, isDropped) => {
      const stolen = newKey('stolen');
      await using publisher = await withMapKey(stolen);
      publisher.serve([off('a')], { signers: [stolen], hmacKey: KEY });
      const signatureKey = accept === 'signature' ? undefined : KEY;
      await using host = follower(publisher, { accept, signatureKey });
      await host.sync();
      expect(idsOf(host)).toEqual(['a']);
      revoke(publisher, [stolen]);
      await host.sync(true).catch(() => {});
      expect(mapOf(host).dropped?.code === 'MAP_KEY_REVOKED').toBe(isDropped);
    },
  );

  it('revoking a key does not affect a map that was accepted only by its HMAC', async () => {
    const stolen = newKey('stolen');
    await using publisher = await withMapKey(stolen);
    publisher.serve([off('a')], { signers: [], hmacKey: KEY });
    await using host = follower(publisher, { accept: 'either', signatureKey: KEY });
    await host.sync();
    revoke(publisher, [stolen]);
    await host.sync(true);
    expect(mapOf(host)).toMatchObject({ dropped: null, lastError: null, freshness: 'fresh' });
    expect(keysOf(host).version).toBe(2);
  });

  it('a host keeps a map whose key was replaced but not revoked', async () => {
    await using publisher = await KeyPublisher.start();
    publisher.serve();
    await using host = follower(publisher);
    await host.sync();
    publisher.rotate();
    await host.sync(true);
    expect(mapOf(host)).toMatchObject({ dropped: null, lastError: { code: 'MAP_SIGNATURE_UNTRUSTED' } });
    expect(idsOf(host)).toEqual(['a']);
  });

  it.each([
    ['the newest key document still lists the key', true, 'MAP_KEY_REVOKED'],
    ['the newest key document no longer lists the key', false, 'MAP_SIGNATURE_UNTRUSTED'],
  ])('after a restart, a stored map whose key was revoked is refused (%s)', async (_, isListed, code) => {
    using dir = new TempDir();
    const stolen = newKey('stolen');
    await using publisher = await withMapKey(stolen);
    await using before = follower(publisher, { stateDir: dir.path });
    await before.sync();
    revoke(publisher, [stolen], isListed ? [stolen] : []);
    await before.sync(true).catch(() => {});
    await before.close();
    publisher.answerMap((_, response) => response.writeHead(503).end());
    publisher.answerKeys((_, response) => response.writeHead(503).end());
    await using host = follower(publisher, { stateDir: dir.path });
    await host.sync().catch(() => {});
    expect([mapOf(host).freshness, idsOf(host), keysOf(host).version]).toEqual(['none', [], 2]);
    expect(host.complaints()).toContain(`stored-map-refused ${code}`);
  });
});

describe('a start image (copy of the state for a fast start) that is older than the store', () => {
  it('a restored old start image is used only until the store shows that the key of its map was revoked', async () => {
    using dir = new TempDir();
    const stolen = newKey('stolen');
    await using publisher = await withMapKey(stolen);
    const first = follower(publisher, { stateDir: dir.path });
    await first.sync();
    await first.close();
    const images = readdirSync(dir.path).filter((name) => name.endsWith('.img'));
    expect(images.length).toBe(1);
    const [image] = images.map((name) => join(dir.path, name)) as [string];
    const older = readFileSync(image);
    revoke(publisher, [stolen], [stolen]);
    const second = follower(publisher, { stateDir: dir.path });
    await second.sync().catch(() => {});
    await second.close();

    writeFileSync(image, older);
    publisher.answerMap((_, response) => response.writeHead(503).end());
    publisher.answerKeys((_, response) => response.writeHead(503).end());
    await using host = follower(publisher, { stateDir: dir.path });
    const told: (readonly string[])[] = [];
    host.on('snapshot', ({ added, removed }) => void told.push([...added.map((id) => `+${id}`), ...removed]));
    await host.sync().catch(() => {});
    expect(told).toEqual([['+a'], ['a']]);
    expect(mapOf(host)).toMatchObject({ freshness: 'none', dropped: { code: 'MAP_KEY_REVOKED' } });
  });
});

describe('a key document that expires before the current map', () => {
  it('if a key document expires before the map, the map expires with the document, even while the map server fails', async () => {
    await using publisher = await KeyPublisher.start();
    const [key] = publisher.keys as [PrivateJwk];
    publisher.serve();
    await using host = follower(publisher);
    await host.sync();
    const expires = new Date(Date.now() + 600_000).toISOString();
    publisher.publish(signedBy([key], payloadOf(1, [key], { expires })));
    publisher.answerMap((_, response) => response.writeHead(503).end());
    await host.sync(true);
    expect(mapOf(host)).toMatchObject({ freshness: 'fresh', expiresAt: Date.parse(expires) });
  });
});
