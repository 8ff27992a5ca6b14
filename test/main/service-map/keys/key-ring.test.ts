import { describe, expect, it } from 'vitest';
import type { DocumentPlace } from '../../../../src/main/service-map/keys/document-place.ts';
import { functionPlace } from '../../../../src/main/service-map/keys/function-place.ts';
import { type FollowParts, KeyRing, type KeyRingDeps } from '../../../../src/main/service-map/keys/key-ring.ts';
import { peekKeyDocumentVersion, type SignedKeyDocument } from '../../../../src/shared/signatures/key-document.ts';
import { thumbprintOf } from '../../../../src/shared/signatures/key-set.ts';
import { chainOf, payloadOf, rootsOf, signedBy } from '../../../helpers/key-documents.ts';
import { recordingLogger } from '../../../helpers/log.ts';
import { newKey, type PrivateJwk, publicJwk } from '../../../helpers/signing-keys.ts';

/** Creates the keys for a chain of key documents: the configured key, the key of version 1, and so on. */
const keysOf = (versions: number): readonly PrivateJwk[] =>
  Array.from({ length: versions + 1 }, (_, version) => newKey(`key-${version}`));
const keys = keysOf(6);
const chain = chainOf(keys);
const [first] = keys as [PrivateJwk];

/** Creates a key ring, and records its requests, accepted documents and log lines. */
function ringOf(documents: (version: number) => unknown, deps: Partial<KeyRingDeps> = {}) {
  const asked: number[] = [];
  const believed: number[] = [];
  const alarms: string[] = [];
  let stored = '';
  const { lines, ...logger } = recordingLogger();
  const place = functionPlace((version) => {
    asked.push(version);
    return documents(version);
  });
  const ring = new KeyRing({
    clock: { now: () => 1_000 },
    elapsedMs: () => performance.now(),
    logger,
    sourceId: 'default',
    place,
    minVersion: null,
    timeoutMs: 5_000,
    onAlarm: (code) => void alarms.push(code),
    onDocument: ({ document, text }) => {
      believed.push(document.version);
      stored = text;
    },
    ...deps,
  });
  const follow = (parts: Partial<FollowParts> = {}): Promise<boolean> => {
    ring.startRefresh();
    return again(parts);
  };
  const again = (parts: Partial<FollowParts> = {}): Promise<boolean> =>
    ring.follow({ configured: rootsOf([first]), apiKey: null, signal: new AbortController().signal, ...parts });
  const complaints = (): string[] =>
    lines.filter(({ level }) => level === 'warn').map(({ fields }) => `${fields.code}`);
  return { ring, follow, again, asked, believed, alarms, complaints, stored: () => stored };
}

const publishedIn =
  (documents: readonly SignedKeyDocument[]) =>
  (version: number): unknown =>
    documents[version - 1] ?? null;
const textOf = (document: SignedKeyDocument | undefined): string => JSON.stringify(document);

/** Returns the state that a host has stored if `version` is its newest key document. */
const memoryOf = (version: number) => ({ keyVersion: version, keyDocument: textOf(chain[version - 1]) });

describe('key ring that follows its documents', () => {
  it('the key ring verifies each key document before it requests the next one, up to the newest', async () => {
    const { ring, follow, asked, believed } = ringOf(publishedIn(chain));
    expect(ring.version).toBe(0);
    await expect(follow()).resolves.toBe(true);
    expect([asked, believed, ring.version]).toEqual([[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6], 6]);
    await expect(follow()).resolves.toBe(false);
    expect(asked.slice(7)).toEqual([7]);
  });

  it('the key ring keeps the earlier key documents if one is rejected, and requests no later ones', async () => {
    const forged = signedBy([newKey('x'), keys[3] as PrivateJwk], payloadOf(3, [keys[3] as PrivateJwk]));
    const { ring, follow, asked, complaints } = ringOf((version) => (version === 3 ? forged : chain[version - 1]));
    await expect(follow()).resolves.toBe(true);
    expect([asked, ring.version, complaints()]).toEqual([[1, 2, 3], 2, ['KEYS_UNTRUSTED']]);
    expect(ring.inForce([]).lastError).toMatchObject({ code: 'KEYS_UNTRUSTED', at: 1_000 });
  });

  it('the key ring accepts at most 64 new key documents in one refresh, and continues in the next refresh', async () => {
    const many = chainOf(keysOf(70).with(0, first));
    const { ring, follow, again, asked } = ringOf(publishedIn(many));
    await follow();
    expect([ring.version, asked.length]).toEqual([64, 64]);
    await again();
    expect([ring.version, asked.length]).toEqual([64, 64]);
    await follow();
    expect([ring.version, asked.length]).toEqual([70, 71]);
  });

  it('the key ring uses the unrevoked keys of the newest document, and reports when the document expires', async () => {
    const revoked = [thumbprintOf(publicJwk(first))];
    const document = signedBy([first, newKey('own')], payloadOf(1, [first]));
    const own = newKey('own');
    const next = signedBy([first, own], payloadOf(2, [own, first], { revoked, expires: '2027-01-01T00:00:00Z' }));
    const { ring, follow } = ringOf(publishedIn([document, next]));
    const configured = rootsOf([first]).keys;
    expect(ring.inForce(configured)).toMatchObject({ keys: configured, revoked: [], version: null, expiresAtMs: null });
    await follow();
    expect(ring.inForce(configured)).toEqual({
      keys: rootsOf([own]).keys,
      revoked,
      revokedKeys: rootsOf([first]).keys,
      version: 2,
      expiresAtMs: Date.parse('2027-01-01T00:00:00Z'),
      trustsConfigurationAlone: true,
      lastError: null,
    });
  });

  it('the key ring recognizes revoked keys that are no longer published, except under the kid of a current key', async () => {
    const [zero, one, two] = keys as [PrivateJwk, PrivateJwk, PrivateJwk];
    const renewed = { ...newKey(one.kid) };
    const revoked = [zero, one].map((key) => thumbprintOf(publicJwk(key)));
    const { ring, follow } = ringOf(
      publishedIn([
        signedBy([zero, one], payloadOf(1, [one])),
        signedBy([one, two], payloadOf(2, [two], { revoked })),
        signedBy([two, renewed], payloadOf(3, [renewed], { revoked })),
      ]),
    );
    await follow();
    expect(ring.version).toBe(3);
    expect(ring.inForce(rootsOf([zero]).keys).revokedKeys.map(({ kid }) => kid)).toEqual(['key-0']);
  });

  it("the key ring accepts expired key documents before the newest one, because only the newest one's expiry counts", async () => {
    const [zero, one, two] = keys as [PrivateJwk, PrivateJwk, PrivateJwk];
    const expired = signedBy([zero, one], payloadOf(1, [one], { expires: '2001-01-01T00:00:00Z' }));
    const { ring, follow } = ringOf(publishedIn([expired, signedBy([one, two], payloadOf(2, [two]))]));
    await follow();
    expect(ring.inForce([])).toMatchObject({
      version: 2,
      expiresAtMs: Date.parse('2100-01-01T00:00:00Z'),
      lastError: null,
    });
  });

  it.each([
    ['an older version', 1, 'KEYS_ROLLED_BACK'],
    ['the version before', 2, 'KEYS_ROLLED_BACK'],
    ['a version that skips another', 4, 'KEYS_UNTRUSTED'],
  ])('when the key ring requests the next key document, it rejects %s', async (_, version, code) => {
    const { ring, follow, complaints } = ringOf(() => chain[version - 1]);
    ring.remember(memoryOf(2));
    await follow();
    expect([ring.version, complaints()]).toEqual([2, [code]]);
  });

  it('the key ring rejects the next key document if it comes from another publisher', async () => {
    const others = chainOf(keysOf(3));
    const { ring, follow, complaints } = ringOf(publishedIn(others));
    ring.remember(memoryOf(2));
    await follow();
    expect([ring.version, complaints()]).toEqual([2, ['KEYS_UNTRUSTED']]);
  });

  it('the key ring verifies the first key document with the keys that are configured at that time', async () => {
    const { ring, follow } = ringOf(publishedIn(chain));
    await follow({ configured: rootsOf([newKey('other')]) });
    expect(ring.version).toBe(0);
    await follow({ configured: rootsOf([first]) });
    expect(ring.version).toBe(6);
  });

  it('the key ring requires signatures by as many configured keys as the threshold demands', async () => {
    const second = newKey('second');
    const configured = rootsOf([first, second], 2);
    const short = ringOf(publishedIn(chain));
    await short.follow({ configured });
    expect([short.ring.version, short.complaints()]).toEqual([0, ['KEYS_UNTRUSTED']]);
    const both = ringOf(publishedIn([signedBy([first, second], payloadOf(1, [first]))]));
    await both.follow({ configured });
    expect(both.ring.version).toBe(1);
  });
});

describe('key ring with a single location for the newest document', () => {
  const placeOf = (held: { document: SignedKeyDocument | undefined }): DocumentPlace => ({
    isByVersion: false,
    nameOf: () => 'keys.json',
    read: async () => new TextEncoder().encode(textOf(held.document)),
  });

  it('the key ring follows the changes of a key document at a fixed URL, and reports no error while it is unchanged', async () => {
    const held = { document: chain[0] };
    const { ring, follow, complaints } = ringOf(() => null, { place: placeOf(held) });
    for (const document of [chain[0], chain[0], chain[1], chain[2], chain[2]]) {
      held.document = document;
      await follow();
    }
    expect([ring.version, complaints()]).toEqual([3, []]);
  });

  it.each([
    ['an older document', chain[0], 'KEYS_ROLLED_BACK'],
    ['a document that skips a version', chain[3], 'KEYS_UNTRUSTED'],
    ['a second document of the known version', signedBy(keys, payloadOf(2, keys)), 'KEYS_UNTRUSTED'],
  ])('the key ring keeps the known key document if its URL serves %s', async (_, document, code) => {
    const { ring, follow, complaints } = ringOf(() => null, { place: placeOf({ document }) });
    ring.remember(memoryOf(2));
    await follow();
    expect([ring.version, complaints(), ring.inForce([]).lastError?.message]).toEqual([
      2,
      [code],
      expect.stringContaining('(keys.json)'),
    ]);
  });
});

describe('key ring whose documents fail', () => {
  const failures: readonly [string, () => unknown, string][] = [
    ['a function that throws', () => Promise.reject(new Error('vault sealed')), 'KEYS_UNAVAILABLE'],
    ['an HTML page instead of a document', () => '<html>Log in</html>', 'KEYS_INVALID'],
    ['a number', () => 7, 'KEYS_INVALID'],
    ['a symbol', () => Symbol('x'), 'KEYS_INVALID'],
    ['deeply nested JSON', () => '['.repeat(60_000), 'KEYS_INVALID'],
    ['a huge document', () => 'a'.repeat(10_000_000), 'KEYS_INVALID'],
    [
      'an object that cannot be serialized as JSON',
      () => ({
        toJSON() {
          throw new Error('no');
        },
      }),
      'KEYS_INVALID',
    ],
  ];

  it.each(failures)('the key ring keeps the known key document after a failure: %s', async (_, answer, code) => {
    const { ring, follow } = ringOf(answer);
    ring.remember(memoryOf(2));
    await expect(follow()).resolves.toBe(false);
    expect(ring.inForce([])).toMatchObject({ version: 2, lastError: { code } });
    expect(ring.isUsable).toBe(true);
  });

  it('the key ring times out a function for key documents that does not return within the refresh timeout', async () => {
    const { ring, follow, again, asked } = ringOf(() => new Promise(() => {}), { timeoutMs: 20 });
    await follow();
    expect(ring.inForce([]).lastError).toMatchObject({
      code: 'KEYS_UNAVAILABLE',
      message: expect.stringContaining('keyDocuments(1): not done within 20 ms'),
    });
    // The timeout has ended for the whole refresh, so a retry in the same refresh requests no document.
    await again();
    expect(asked).toEqual([1]);
    await follow();
    expect(asked).toEqual([1, 1]);
  });

  it('the key ring keeps the key documents that arrived before the timeout', async () => {
    const slow = (version: number): unknown => (version < 4 ? chain[version - 1] : new Promise(() => {}));
    const { ring, follow } = ringOf(slow, { timeoutMs: 300 });
    await expect(follow()).resolves.toBe(true);
    expect(ring.version).toBe(3);
  });

  it('the key ring logs each new reason for a failure once, with an alarm if it may be an attack', async () => {
    let answer: unknown = '<html>';
    const { follow, complaints, alarms, ring } = ringOf((version) => (version === 1 ? answer : null));
    await follow();
    await follow();
    expect(complaints()).toEqual(['KEYS_INVALID']);
    answer = chain[1];
    await follow();
    await follow();
    expect([complaints(), alarms]).toEqual([['KEYS_INVALID', 'KEYS_UNTRUSTED'], ['KEYS_UNTRUSTED']]);
    answer = chain[0];
    await follow();
    expect(ring.inForce([])).toMatchObject({ version: 1, lastError: null });
  });

  it('a refresh of the key ring rejects with the reason of the abort if the manager closes', async () => {
    const closing = new AbortController();
    const { follow, complaints } = ringOf(() => new Promise(() => {}));
    const following = follow({ signal: closing.signal });
    closing.abort(new Error('closed'));
    await expect(following).rejects.toThrow('closed');
    expect(complaints()).toEqual([]);
  });
});

describe('key ring with stored state', () => {
  it('the key ring continues from the stored key document, whatever the configured keys are', async () => {
    const { ring, follow, asked } = ringOf(publishedIn(chain));
    ring.remember(memoryOf(4));
    expect(ring.inForce([])).toMatchObject({ version: 4, trustsConfigurationAlone: false });
    await follow({ configured: rootsOf([newKey('other')]) });
    expect([ring.version, asked]).toEqual([6, [5, 6, 7]]);
  });

  it('the key ring says that it trusts only the configured keys if no key document is stored', async () => {
    const { ring, follow } = ringOf(publishedIn(chain));
    ring.remember({ keyVersion: null, keyDocument: null });
    await follow();
    expect(ring.inForce([])).toMatchObject({ version: 6, trustsConfigurationAlone: true });
  });

  it('the key ring never returns to an older stored state', async () => {
    const { ring, follow } = ringOf(publishedIn(chain));
    await follow();
    ring.remember(memoryOf(2));
    expect(ring.version).toBe(6);
  });

  it('the key ring keeps the stored key document if a different document of the same version is published', async () => {
    const fork = signedBy([keys[1] as PrivateJwk, newKey('evil')], payloadOf(2, [newKey('evil')]));
    expect(peekKeyDocumentVersion(fork)).toBe(2);
    const { ring, follow, asked } = ringOf((version) => (version === 2 ? fork : null));
    ring.remember(memoryOf(2));
    await follow();
    expect([ring.version, asked]).toEqual([2, [3]]);
  });

  it.each([
    ['damaged', null],
    ['not a key document', '{}'],
    ['of another version', textOf(chain[1])],
    ['not signed by its own roots', textOf(signedBy([newKey('x')], payloadOf(4, [first])))],
  ])('the key ring downloads the stored version again if its key document is %s', async (_, keyDocument) => {
    const published = [...chain.slice(0, 3)];
    const { ring, follow } = ringOf(publishedIn(published));
    ring.remember({ keyVersion: 4, keyDocument });
    expect(ring.unusable).not.toBeNull();
    await follow();
    expect(ring.version).toBe(3);
    expect(ring.unusable).toMatchObject({
      code: 'KEYS_ROLLED_BACK',
      message: 'Key document 4 is needed, but the newest known one is 3: no newer one is published.',
    });
    published.push(...chain.slice(3));
    await follow();
    expect(ring.unusable).toBeNull();
  });
});

describe('key ring whose configured keys change', () => {
  /**
   * Returns the state that a key ring stores after it accepted all documents of the chain, starting from the first key.
   */
  async function remembered() {
    const { follow, stored } = ringOf(publishedIn(chain));
    await follow();
    return { keyVersion: 6, keyDocument: stored() };
  }

  it.each<[string, PrivateJwk[], boolean]>([
    ['keeps the stored key document if the configured keys are unchanged', [first], true],
    ['keeps the stored key document if a key was added to the configured keys', [first, newKey('other')], true],
    ['keeps the stored key document if its keys are the configured keys', [keys[6] as PrivateJwk], true],
    [
      'ignores the stored key document if all configured keys were replaced',
      [newKey('other'), newKey('another')],
      false,
    ],
  ])('the key ring %s', async (_, changed, goesOn) => {
    const { ring, follow } = ringOf(() => null);
    expect(ring.remember(await remembered())?.version).toBe(6);
    const configured = rootsOf(changed);
    ring.configure(configured.keys);
    expect(ring.inForce(configured.keys)).toMatchObject(
      goesOn
        ? { version: 6, trustsConfigurationAlone: false }
        : { version: null, keys: configured.keys, trustsConfigurationAlone: true },
    );
    await follow({ configured });
    expect(ring.unusable).toBeNull();
  });

  it('the key ring keeps the stored key document if the configured keys are those with which it was accepted', async () => {
    const { ring, follow, stored } = ringOf(publishedIn(chain));
    ring.remember(memoryOf(4));
    await follow({ configured: rootsOf([keys[4] as PrivateJwk]) });
    const after = ringOf(() => null);
    after.ring.remember({ keyVersion: 6, keyDocument: stored() });
    after.ring.configure(rootsOf([keys[4] as PrivateJwk]).keys);
    expect(after.ring.version).toBe(6);
  });
});

describe('key ring minVersion', () => {
  it('the key ring uses no keys of a version before `minVersion`, and says why it knows no newer keys', async () => {
    const { ring, follow } = ringOf(publishedIn(chain.slice(0, 3)), { minVersion: 5 });
    await follow();
    expect(ring.isUsable).toBe(false);
    expect(ring.inForce(rootsOf([first]).keys)).toMatchObject({ keys: [], version: 3 });
    expect(ring.unusable).toMatchObject({ code: 'KEYS_ROLLED_BACK' });
    const down = ringOf(() => Promise.reject(new Error('down')), { minVersion: 5 });
    await down.follow();
    expect(down.ring.unusable).toMatchObject({ code: 'KEYS_UNAVAILABLE' });
  });

  it('a host without stored state starts at `minVersion` if the configured keys signed the document of that version', async () => {
    const { ring, follow, asked } = ringOf(publishedIn(chain), { minVersion: 4 });
    await follow({ configured: rootsOf([keys[4] as PrivateJwk]) });
    expect([ring.version, asked]).toEqual([6, [4, 5, 6, 7]]);
  });

  it('a host whose configured keys are older than `minVersion` starts at version 1, and then reaches `minVersion`', async () => {
    const { ring, follow, asked } = ringOf(publishedIn(chain), { minVersion: 4 });
    await follow();
    expect([ring.version, ring.isUsable, asked]).toEqual([6, true, [4, 1, 2, 3, 4, 5, 6, 7]]);
  });

  it('the key ring reports an error if it cannot reach `minVersion` and the configured keys did not sign that version', async () => {
    const { ring, follow } = ringOf((version) => (version === 4 ? chain[3] : null), { minVersion: 4 });
    await follow();
    expect(ring.unusable).toMatchObject({ code: 'KEYS_UNTRUSTED' });
  });

  it('a host with stored state does not accept version `minVersion` if only the configured keys signed it', async () => {
    const fork = signedBy([first], payloadOf(4, [first]));
    const { ring, follow } = ringOf((version) => (version === 4 ? fork : null), { minVersion: 4 });
    ring.remember(memoryOf(2));
    await follow();
    expect([ring.version, ring.isUsable]).toEqual([2, false]);
  });
});
