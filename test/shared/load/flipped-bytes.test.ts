import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../src/shared/errors.ts';
import { proveMap } from '../../../src/shared/load/prove.ts';
import { ProvenMaps } from '../../../src/shared/load/proven-maps.ts';
import type { KnownMap, ProofPolicy } from '../../../src/shared/protocol/thread-messages.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import type { SignatureTrust } from '../../../src/shared/signatures/trust.ts';
import { entry, type Json, KEY, mapOf, NOW } from '../../helpers/signed-map.ts';
import { newKey, trustIn } from '../../helpers/signing-keys.ts';

const [ed, ec] = [newKey('ed'), newKey('ec', 'ES256')];

/** A map with values that JSON may write in two ways of the same length: 1e-7 or 1E-7, and \u001f or \u001F. */
const MAP = mapOf([
  entry('a', {
    metadata: { x: [1, 2.5, 'é', 1e-7, '\u001f'] },
    description: 'A connector that says much of itself. '.repeat(8),
  }),
  entry('b', { tags: ['x,y', ']', '"'] }),
  entry('c', { auth: { type: 'apiKey', headerName: 'x-key' } }),
]);

const trusts: Readonly<Record<string, SignatureTrust>> = {
  'both signatures and the HMAC are needed': trustIn([ed, ec], { threshold: 2, accept: 'both', hmacKeys: [KEY] }),
  'both signatures are needed': trustIn([ed, ec], { threshold: 2 }),
};

const encode = (map: object): Buffer => Buffer.from(JSON.stringify(map));
const GOOD = encode(signServiceMap(MAP, { keys: [ed, ec], hmacKey: KEY }));
const BEFORE = encode(
  signServiceMap(mapOf([entry('b'), ...(MAP.connectors as Json[]).slice(2)]), { keys: [ed, ec], hmacKey: KEY }),
);

function policyOf(trust: SignatureTrust): ProofPolicy {
  return {
    trust,
    nowMs: NOW + 1_000,
    floorMs: null,
    maxSkewMs: 300_000,
    maxConnectors: 100,
    allowExpired: false,
    maxStaleMs: null,
  };
}

/** Verifies a map, and returns the result without the checksum, or null if the map is rejected. */
function meaningOf(bytes: Uint8Array, policy: ProofPolicy, known: KnownMap | null, maps: ProvenMaps | null): unknown {
  try {
    const proof = proveMap(bytes, known, policy, maps);
    if (proof.kind !== 'proof') return proof.kind;
    const { phases: _phases, trace: _trace, bodySha256: _sha, ...meaning } = proof;
    return meaning;
  } catch (error) {
    expect(codeOf(error)).toMatch(/^MAP_/);
    return null;
  }
}

/** Returns the offsets of all bytes in a member's string value. */
function offsetsOf(member: string): readonly number[] {
  const text = GOOD.toString('latin1');
  const start = text.lastIndexOf(`"${member}":"`) + member.length + 4;
  return Array.from({ length: text.indexOf('"', start) - start }, (_, index) => start + index);
}

const placeOf = (text: string, more: number): number => GOOD.indexOf(text) + more;

describe('map of about 2 KB with one flipped bit', () => {
  it.each(Object.entries(trusts))(
    'a map of about 2 KB with one flipped bit is rejected or has the same result if %s',
    (name, trust) => {
      const policy = policyOf(trust);
      const before = proveMap(BEFORE, null, policy);
      if (before.kind !== 'proof') throw new Error(before.kind);
      const maps = new ProvenMaps();
      maps.keep(before.trace() ?? expect.unreachable(), null);
      const good = meaningOf(GOOD, policy, before, maps);
      expect(good).toMatchObject({ delta: { added: ['a'], changed: ['b'], unchangedCount: 1 } });
      const accepted = new Set<number>();
      const respelled = [placeOf('1e-7', 1), placeOf('\\u001f', 5)];
      for (let index = 0; index < GOOD.length; index += 1) {
        const bad = Buffer.from(GOOD);
        // Flips one of the eight bits in turn, or the bit that changes the case of a letter.
        bad[index] = (bad[index] ?? 0) ^ (respelled.includes(index) ? 0x20 : 1 << (index % 8));
        for (const remembered of [null, maps]) {
          const meaning = meaningOf(bad, policy, before, remembered);
          if (meaning === null) continue;
          expect(meaning, `byte ${index}, ${remembered === null ? 'whole' : 'by changes'}`).toEqual(good);
          accepted.add(index);
        }
      }
      // Only two kinds of flips are accepted: another spelling of the same number or character, and flips in an HMAC
      // that is not checked. No single flip keeps a checked signature valid. For example, (r, n − s) of ES256 differs
      // from (r, s) in half of its bytes.
      const unjudged = new Set(name === 'both signatures are needed' ? offsetsOf('signature') : []);
      expect([...accepted].filter((index) => !unjudged.has(index))).toEqual(respelled);
      expect(accepted.size > respelled.length).toBe(unjudged.size > 0);
    },
  );
});
