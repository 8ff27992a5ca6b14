import { afterAll, describe, expect, it } from 'vitest';
import type { LoadOutcome } from '../../../src/main/service-map/loading/collect-load.ts';
import { LoadPool } from '../../../src/main/service-map/loading/load-pool.ts';
import type { KnownMap, LoadTask, ProofPolicy } from '../../../src/shared/protocol/thread-messages.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import type { SignatureTrust } from '../../../src/shared/signatures/trust.ts';
import { loadTask } from '../../helpers/load-task.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { entry, type Json, KEY, mapOf, NOW } from '../../helpers/signed-map.ts';
import { newKey, type PrivateJwk, trustIn } from '../../helpers/signing-keys.ts';

const [a, b, stranger] = [newKey('a'), newKey('b', 'ES256'), newKey('stranger')];
const pool = new LoadPool();
afterAll(() => pool.close());

const END = NOW + 3_600_000;
const ENTRIES = Array.from({ length: 100 }, (_, index) => entry(`c${index}`));
const MAP = mapOf(ENTRIES);
const MINE: SignatureTrust = trustIn([a, b], { mapId: String(MAP.id) });

const bytesOf = (map: object): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(map));
const signedBy = (map: Json, ...keys: readonly PrivateJwk[]) => signServiceMap(map, { keys, hmacKey: KEY });

/** A publisher whose maps a worker thread fetches over HTTP and verifies. */
class Publisher {
  #known: KnownMap | null = null;
  readonly #server: MapServer;

  constructor(server: MapServer) {
    this.#server = server;
  }

  /** Returns the result of a load. Later maps are compared with the last accepted map. */
  async load(map: object, trust: SignatureTrust, policy: Partial<ProofPolicy> = {}): Promise<LoadOutcome> {
    this.#server.serve(bytesOf(map));
    const task: LoadTask = loadTask();
    const outcome = await pool.run(
      {
        ...task,
        request: { ...task.request, url: this.#server.url },
        known: this.#known,
        policy: { ...task.policy, trust, ...policy },
      },
      { signal: new AbortController().signal, deadlineMs: 10_000 },
    );
    if (outcome.kind === 'loaded') {
      const { bodySha256, digests, expiresAtMs } = outcome.commit;
      this.#known = { bodySha256, digests, expiresAtMs };
    }
    return outcome;
  }
}

const codeOf = (outcome: LoadOutcome): string => (outcome.kind === 'failed' ? outcome.error.code : outcome.kind);

describe('a signed map that a worker thread fetches', () => {
  it('a verified map reports its signers and their expiry, in a full and in an incremental load', async () => {
    await using server = await MapServer.start();
    const publisher = new Publisher(server);
    const trust = { ...MINE, accept: 'both', hmacKeys: ['new', KEY], threshold: 2 } as const;
    const signers = {
      hmacKey: 1,
      signatures: [
        expect.objectContaining({ kid: 'a', alg: 'EdDSA', expiresAtMs: END }),
        expect.objectContaining({ kid: 'b', alg: 'ES256', expiresAtMs: END }),
      ],
    };
    const first = await publisher.load(signedBy(MAP, a, b), trust);
    expect(first).toMatchObject({ kind: 'loaded', commit: { signers, expiresAtMs: END } });
    for (const version of ['2', '3']) {
      const next = mapOf([...ENTRIES.slice(1), entry('c0', { version })]);
      const outcome = await publisher.load(signedBy(next, a, b), { ...trust, keysExpireAtMs: NOW + 5_000 });
      expect(outcome).toMatchObject({ kind: 'loaded', commit: { signers, expiresAtMs: NOW + 5_000 } });
      if (outcome.kind === 'loaded') expect([...outcome.sent.refs.keys()]).toEqual(['c0']);
    }
  });

  it.each<[string, string, () => object, Partial<SignatureTrust>]>([
    [
      'MAP_SIGNATURE_DOWNGRADED',
      'its signatures are removed',
      () => signServiceMap(MAP, { hmacKey: KEY }),
      { accept: 'hmac', hmacKeys: [KEY], requiresSignature: true },
    ],
    [
      'MAP_SIGNATURE_MISSING',
      'it has only the HMAC',
      () => signServiceMap(MAP, { hmacKey: KEY }),
      { accept: 'both', hmacKeys: [KEY] },
    ],
    [
      'MAP_ID_MISMATCH',
      'it is another map of the same publisher',
      () => signedBy(mapOf(ENTRIES, { id: 'other' }), a),
      {},
    ],
    [
      'MAP_ID_MISMATCH',
      'it has the signatures of another map of the publisher',
      () => ({ ...MAP, signatures: signedBy(mapOf(ENTRIES, { id: 'other' }), a).signatures }),
      {},
    ],
    [
      'MAP_SIGNATURE_MISMATCH',
      'an entry is replaced',
      () => ({
        ...signedBy(MAP, a),
        connectors: [...ENTRIES.slice(1), entry('c0', { endpoint: 'https://evil.example/' })],
      }),
      {},
    ],
    [
      'MAP_SIGNATURE_MISMATCH',
      'an entry is added',
      () => ({ ...signedBy(MAP, a), connectors: [...ENTRIES, entry('evil')] }),
      {},
    ],
    [
      'MAP_SIGNATURE_MISMATCH',
      'two entries are swapped',
      () => ({ ...signedBy(MAP, a), connectors: ENTRIES.toReversed() }),
      {},
    ],
    [
      'MAP_SIGNATURE_MISMATCH',
      'its date is renewed',
      () => ({ ...signedBy(MAP, a), generatedAt: new Date(NOW - 1).toISOString() }),
      {},
    ],
    ['MAP_SIGNATURE_MISMATCH', 'its lifetime is extended', () => ({ ...signedBy(MAP, a), ttlSeconds: 7_200 }), {}],
    ['MAP_SIGNATURE_MISMATCH', 'a member is added', () => ({ ...signedBy(MAP, a), metadata: {} }), {}],
    ['MAP_SIGNATURE_UNTRUSTED', 'a stranger signed it', () => signedBy(MAP, stranger), {}],
    [
      'MAP_SIGNATURE_UNTRUSTED',
      'one of two required keys signed it twice',
      () => ({ ...MAP, signatures: [...(signedBy(MAP, a).signatures ?? []), ...(signedBy(MAP, a).signatures ?? [])] }),
      { threshold: 2 },
    ],
    [
      'MAP_KEY_REVOKED',
      'its key was revoked',
      () => signedBy(MAP, a),
      { revoked: MINE.keys.map(({ thumbprint }) => thumbprint) },
    ],
    ['KEYS_EXPIRED', 'the key document has expired', () => signedBy(MAP, a), { keysExpireAtMs: NOW }],
    [
      'MAP_SIGNATURE_MALFORMED',
      'one of its signatures is malformed',
      () => ({ ...MAP, signatures: [...(signedBy(MAP, a, b).signatures ?? []), 'a.b'] }),
      {},
    ],
  ])(
    'a map on a worker thread is rejected with %s if %s, whatever the thread has cached',
    async (code, _, map, more) => {
      await using server = await MapServer.start();
      const trust = { ...MINE, ...more };
      const publisher = new Publisher(server);
      expect(codeOf(await publisher.load(map(), trust))).toBe(code);
      const before = mapOf([...ENTRIES, entry('last')], { generatedAt: new Date(NOW - 1_000).toISOString() });
      expect(codeOf(await publisher.load(signedBy(before, a, b), MINE))).toBe('loaded');
      expect(codeOf(await publisher.load(map(), trust))).toBe(code);
    },
  );

  it('a map is verified with the keys of its own load, whatever keys verified the map before it', async () => {
    await using server = await MapServer.start();
    const publisher = new Publisher(server);
    expect(codeOf(await publisher.load(signedBy(MAP, a), trustIn([a])))).toBe('loaded');
    const next = signedBy(mapOf(ENTRIES.slice(1)), a);
    expect(codeOf(await publisher.load(next, trustIn([b])))).toBe('MAP_SIGNATURE_UNTRUSTED');
    expect(codeOf(await publisher.load(next, trustIn([], { accept: 'hmac', hmacKeys: ['other'] })))).toBe(
      'MAP_SIGNATURE_MISMATCH',
    );
    expect(codeOf(await publisher.load(next, trustIn([a])))).toBe('loaded');
  });

  it('a map expires when its key expires, may then be served as stale, and is too stale after `maxStaleMs`', async () => {
    await using server = await MapServer.start();
    const trust = trustIn([{ ...a, exp: NOW / 1000 + 60 }]);
    const load = async (atMs: number, policy: Partial<ProofPolicy> = {}): Promise<string> =>
      codeOf(await new Publisher(server).load(signedBy(MAP, a), trust, { nowMs: atMs, ...policy }));
    const stale = { allowExpired: true, maxStaleMs: 1_000 };
    expect(await load(NOW + 59_999)).toBe('loaded');
    expect(await load(NOW + 60_000)).toBe('MAP_KEY_EXPIRED');
    expect(await load(NOW + 60_999, stale)).toBe('loaded');
    expect(await load(NOW + 61_000, stale)).toBe('MAP_TOO_STALE');
    expect(await load(NOW + 1e12, { ...stale, maxStaleMs: null })).toBe('loaded');
  });

  it('the same bytes of a map are accepted only until the key of the map has expired', async () => {
    await using server = await MapServer.start();
    const publisher = new Publisher(server);
    const trust = trustIn([{ ...a, exp: NOW / 1000 + 60 }]);
    const map = signedBy(MAP, a);
    expect(codeOf(await publisher.load(map, trust))).toBe('loaded');
    expect(codeOf(await publisher.load(map, trust, { nowMs: NOW + 1 }))).toBe('unchanged');
    expect(codeOf(await publisher.load(map, trust, { nowMs: NOW + 60_000 }))).toBe('MAP_KEY_EXPIRED');
  });
});
