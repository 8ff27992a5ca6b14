import { describe, expect, it } from 'vitest';
import {
  type HopFacts,
  hopPlace,
  isProven,
  readHopHeader,
  writeHopHeader,
} from '../../../../../src/main/gateway/replicas/wire/hop-header.ts';
import { FleetSealer } from '../../../../../src/shared/fleet/fleet-sealer.ts';

const OLD = 'the secret of a fleet before it was replaced';
const NEW = 'the secret of a fleet after it was replaced!';
const facts: HopFacts = { kind: 'answer', senderId: 'sender', receiverId: 'receiver', counter: 7 };
const sealer = new FleetSealer('f', [NEW]);

describe('hop header of a request between replicas', () => {
  it('a hop header is valid only for its own kind, sender, receiver, counter and length of the body', () => {
    const { proof = '' } = readHopHeader(writeHopHeader(facts, 100, sealer)) ?? {};
    expect(isProven(facts, 100, proof, sealer)).toBe(true);
    const changes: Partial<HopFacts>[] = [{ kind: 'ended' }, { senderId: 'x' }, { receiverId: 'x' }, { counter: 8 }];
    for (const change of changes) expect(isProven({ ...facts, ...change }, 100, proof, sealer)).toBe(false);
    expect(isProven(facts, 101, proof, sealer)).toBe(false);
  });

  it('a hop header is rejected under another secret or fleet id, but accepted under the previous secret', () => {
    const { proof = '' } = readHopHeader(writeHopHeader(facts, 1, new FleetSealer('f', [OLD]))) ?? {};
    expect(isProven(facts, 1, proof, sealer)).toBe(false);
    expect(isProven(facts, 1, proof, new FleetSealer('g', [OLD]))).toBe(false);
    expect(isProven(facts, 1, proof, new FleetSealer('f', [NEW, OLD]))).toBe(true);
  });

  it('a hop header is rejected if it is missing, repeated or malformed, or if its counter is too large', () => {
    const proof = 'A'.repeat(43);
    const bad = [`s.0.${proof}`, `s.-1.${proof}`, `s.1e3.${proof}`, `s.9999999999999999.${proof}`, `s.01.${proof}`];
    const worse = [`.1.${proof}`, `s/x.1.${proof}`, `s.1.${proof}A`, `s.1.${proof}, s.1.${proof}`, '', `s.1`];
    for (const value of [...bad, ...worse, undefined, [`s.1.${proof}`]]) expect(readHopHeader(value)).toBe(null);
    expect(readHopHeader(`s.9007199254740991.${proof}`)).toMatchObject({ counter: Number.MAX_SAFE_INTEGER });
  });

  it('hopPlace() differs for each kind, sender and counter, so that a body cannot be sent with another header', () => {
    const other: HopFacts[] = [
      { ...facts, kind: 'retry' },
      { ...facts, counter: 8 },
      { ...facts, senderId: 'x' },
    ];
    expect(new Set([facts, ...other].map(hopPlace)).size).toBe(4);
  });
});
