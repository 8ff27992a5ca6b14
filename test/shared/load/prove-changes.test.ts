import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../src/shared/errors.ts';
import { proveMap } from '../../../src/shared/load/prove.ts';
import { proveChanges } from '../../../src/shared/load/prove-changes.ts';
import { ProvenMaps } from '../../../src/shared/load/proven-maps.ts';
import { canonicalJson } from '../../../src/shared/map/canonical-json.ts';
import { createServiceMapSignature } from '../../../src/shared/map/signature.ts';
import type { KnownMap, ProofPolicy } from '../../../src/shared/protocol/thread-messages.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import { hmacTrust, type SignatureTrust } from '../../../src/shared/signatures/trust.ts';
import { entry, type Json, KEY, mapOf, NOW } from '../../helpers/signed-map.ts';
import { newKey, type PrivateJwk, trustIn } from '../../helpers/signing-keys.ts';

const policy: ProofPolicy = {
  trust: hmacTrust(KEY),
  nowMs: NOW + 1_000,
  floorMs: null,
  maxSkewMs: 300_000,
  maxConnectors: 100,
  allowExpired: false,
  maxStaleMs: null,
};

/** The ways in which a publisher may serialize its maps. */
const WRITERS: Readonly<Record<string, (map: Json) => string>> = {
  compact: JSON.stringify,
  canonical: canonicalJson,
  indented: (map) => JSON.stringify(map, null, 2),
  'indented by tabs': (map) => JSON.stringify(map, null, '\t'),
};

const [ed, ec] = [newKey('ed'), newKey('ec', 'ES256')];

/** All trust settings of a source, each with the keys that sign its maps. */
const TRUSTS: Readonly<Record<string, { readonly keys: readonly PrivateJwk[]; readonly trust: SignatureTrust }>> = {
  'by HMAC': { keys: [], trust: hmacTrust(KEY) },
  'by the old HMAC': { keys: [ed], trust: hmacTrust('new', KEY) },
  'by a signature': { keys: [ec], trust: trustIn([ec]) },
  'by both': { keys: [ed, ec], trust: trustIn([ed, ec], { accept: 'both', hmacKeys: [KEY], threshold: 2 }) },
  'by one of both': {
    keys: [ed],
    trust: trustIn([ed], { accept: 'either', hmacKeys: [KEY], keysExpireAtMs: NOW + 5_000 }),
  },
};

function bytesOf(map: Json, write = WRITERS.compact, keys: readonly PrivateJwk[] = []): Uint8Array<ArrayBuffer> {
  const signed = keys.length === 0 ? map : signServiceMap(map, { keys });
  return new TextEncoder().encode(write?.({ ...signed, signature: createServiceMapSignature(signed, KEY) }));
}

/** Returns the result of verifying a map, or the code of its rejection. */
function judged(
  bytes: Uint8Array,
  known: KnownMap | null,
  proven: ProvenMaps | null,
  overrides: Partial<ProofPolicy> = {},
) {
  try {
    const proof = proveMap(bytes, known, { ...policy, ...overrides }, proven);
    if (proof.kind === 'same-body') return { kind: 'same-body' };
    const { phases: _phases, trace: _trace, digests, ...rest } = proof;
    return {
      ...rest,
      idList: Buffer.from(digests.idList).toString(),
      digests: Buffer.from(digests.digests).toString('hex'),
    };
  } catch (error) {
    return { refused: codeOf(error) };
  }
}

/** Verifies a map, and returns the result together with the data that the verifier remembers about the map. */
function proven(
  bytes: Uint8Array,
  trust: SignatureTrust = policy.trust,
): { readonly known: KnownMap; readonly maps: ProvenMaps } {
  const proof = proveMap(bytes, null, { ...policy, trust });
  if (proof.kind !== 'proof') throw new Error(proof.kind);
  const maps = new ProvenMaps();
  const trace = proof.trace();
  if (trace === null) throw new Error('Nothing is remembered');
  maps.keep(trace, null);
  const { bodySha256, digests, expiresAtMs } = proof;
  return { known: { bodySha256, digests, expiresAtMs }, maps };
}

const anyEntry = (id: string): fc.Arbitrary<Json> =>
  fc
    .record({
      version: fc.constantFrom('1', '2'),
      any: fc.jsonValue({ maxDepth: 3 }),
      note: fc.constantFrom('', 'ü', '"]}', '\\', ','),
    })
    .map(({ any, ...rest }) =>
      entry(id, {
        ...rest,
        version: rest.version,
        metadata: JSON.parse(JSON.stringify({ any }).replaceAll('__proto__', 'p')),
      }),
    );

const anyMap: fc.Arbitrary<Json> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 }).chain((ids) => fc.tuple(...ids.map(anyEntry))),
    fc.constantFrom(60, 3_600),
    fc.constantFrom({}, { aaa: [1, [2]] }, { zzz: { connectors: [] } }, { con: '"connectors":[{' }),
  )
  .map(([entries, ttlSeconds, more]) => mapOf(entries, { ttlSeconds, ...more }));

const anyTrust = fc.constantFrom(...Object.keys(TRUSTS));
const writer = fc.constantFrom(...Object.keys(WRITERS));

describe('incremental verification', () => {
  it('the incremental verification returns the same result as the full verification, for any maps and formatting', () => {
    fc.assert(
      fc.property(anyMap, anyMap, writer, writer, fc.boolean(), anyTrust, (one, other, first, second, isAlike, how) => {
        const { keys, trust } = TRUSTS[how] ?? { keys: [], trust: policy.trust };
        const before = proven(bytesOf(one, WRITERS[first], keys), trust);
        // Usually the next map is the previous map with some entries of another map.
        const [kept, fresh] = [one.connectors as Json[], other.connectors as Json[]];
        const ids = new Set(fresh.map(({ id }) => id));
        const mixed = isAlike ? [...kept.filter(({ id }) => !ids.has(id)), ...fresh] : fresh;
        const next = { ...other, connectors: mixed };
        const bytes = bytesOf(next, WRITERS[isAlike ? first : second], keys);
        const whole = judged(bytes, before.known, null, { trust });
        expect(whole).not.toHaveProperty('refused');
        expect(judged(bytes, before.known, before.maps, { trust })).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('the incremental verification agrees with the full one about a map with a changed, missing or extra byte', () => {
    const entries = ['a', 'b', 'c'].map((id) => entry(id, { tags: ['x,y', ']'] }));
    const before = proven(bytesOf(mapOf(entries)));
    const next = bytesOf(mapOf([entries[0] ?? {}, entry('b', { name: 'new' }), entries[2] ?? {}]));
    expect(judged(next, before.known, before.maps)).toMatchObject({ delta: { changed: ['b'], unchangedCount: 2 } });
    for (let index = 0; index < next.length; index += 1) {
      const [head, tail] = [next.subarray(0, index), next.subarray(index + 1)];
      const flipped = Uint8Array.of(...head, (next[index] ?? 0) ^ 1, ...tail);
      for (const bad of [
        flipped,
        Uint8Array.of(...head, ...tail),
        Uint8Array.of(...head, 0x2c, ...next.subarray(index)),
      ])
        expect(judged(bad, before.known, before.maps), `byte ${index}`).toEqual(judged(bad, before.known, null));
    }
  });

  it('the incremental verification parses nothing of an unchanged entry', () => {
    const entries = Array.from({ length: 40 }, (_, index) => entry(`c${index}`));
    const before = proven(bytesOf(mapOf(entries)));
    const { body, ...remembered } = before.maps.get(before.known.bodySha256) ?? { body: Buffer.of() };
    const changes = [
      entries.slice(5),
      [...entries, entry('new')],
      [entry('new'), ...entries],
      [...entries.slice(0, 10), ...entries.slice(20), ...entries.slice(10, 20)],
      entries.map((it, index) => (index % 7 === 0 ? { ...it, name: 'other' } : it)),
      [],
    ];
    for (const list of changes) {
      const bytes = bytesOf(mapOf(list));
      const proof = proveChanges(bytes, 'sha', { body, ...remembered } as never, policy);
      expect(proof?.sent.length).toBe(list.filter((it) => !entries.includes(it as never)).length);
      expect(proof?.delta.unchangedCount).toBe(list.length - (proof?.sent.length ?? 0));
    }
  });

  it.each<[string, Json, Partial<ProofPolicy>]>([
    ['MAP_SIGNATURE_MISMATCH', mapOf([entry('a')]), { trust: hmacTrust('another') }],
    ['MAP_EXPIRED', mapOf([entry('a')]), { nowMs: NOW + 3_600_000 }],
    ['MAP_ROLLED_BACK', mapOf([entry('a')]), { floorMs: NOW + 1 }],
    ['MAP_TOO_MANY_CONNECTORS', mapOf([entry('a'), entry('b')]), { maxConnectors: 1 }],
    ['MAP_DUPLICATE_ID', mapOf([entry('a'), entry('a', { name: 'two' })]), {}],
    ['MAP_DUPLICATE_ID', mapOf([entry('a'), entry('a')]), {}],
    ['MAP_SCHEMA', mapOf([entry('a'), entry('b', { scopes: [] })]), {}],
    ['MAP_SCHEMA', mapOf([entry('a'), 7 as never]), {}],
    ['MAP_TTL_INVALID', mapOf([entry('a')], { ttlSeconds: 0 }), {}],
  ])('if the incremental verification fails, the full verification rejects the map with %s', (code, map, overrides) => {
    const before = proven(bytesOf(mapOf([entry('a'), entry('z')])));
    expect(judged(bytesOf(map), before.known, before.maps, overrides)).toEqual({ refused: code });
  });

  it('the incremental verification counts the nesting levels of an entry from the top of the map', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const before = proven(bytesOf(mapOf([entry('a')])));
    for (const depth of [59, 60, 61]) {
      const bytes = bytesOf(mapOf([entry('a', { metadata: { deep: nested(depth) } })]));
      expect(judged(bytes, before.known, before.maps)).toEqual(judged(bytes, before.known, null));
    }
  });
});

describe('ProvenMaps', () => {
  it('ProvenMaps replaces a map with its successor, and evicts the oldest map beyond its limit', () => {
    const traces = ['a', 'b', 'c'].map((id) => {
      const proof = proveMap(bytesOf(mapOf([entry(id)])), null, policy);
      if (proof.kind !== 'proof') throw new Error(proof.kind);
      return proof.trace() ?? never();
    });
    const [a, b, c] = traces;
    if (a === undefined || b === undefined || c === undefined) throw never();
    const maps = new ProvenMaps(2 * (2 * a.body.length + 100));
    maps.keep(a, null);
    maps.keep(b, a.bodySha256);
    expect([maps.get(a.bodySha256), maps.get(b.bodySha256)]).toEqual([undefined, b]);
    maps.keep(a, null);
    maps.keep(c, null);
    expect([maps.get(b.bodySha256), maps.get(a.bodySha256), maps.get(c.bodySha256)]).toEqual([undefined, a, c]);
  });
});

function never(): never {
  throw new Error('never');
}
