import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ID_LENGTH, SealedSessions } from '../../../../../src/main/gateway/replicas/sessions/sealed-sessions.ts';
import { FleetSealer } from '../../../../../src/shared/fleet/fleet-sealer.ts';

const [OLD, NEW] = ['s3cr3t-of-a-fleet-that-is-an-old-one', 's3cr3t-of-a-fleet-that-is-a-new-one'];
const HOUR_MS = 3_600_000;
const facts = {
  ...{ revision: '2025-11-25', capabilities: { roots: {}, elicitation: { form: {} } }, clientName: 'test' },
  ...{ principal: 'token-abc', tokenExpiresAtMs: null, route: 'all' },
};

function replica(secrets: readonly string[] = [NEW], nowMs = 0, hostId = 'host-a') {
  const clock = { nowMs, now: () => clock.nowMs };
  const sessions = new SealedSessions(new FleetSealer('test', secrets), hostId, clock);
  return { sessions, clock };
}

describe('SealedSessions', () => {
  it('an encrypted session id is unique, and another replica can decrypt it', () => {
    const [one, other] = [replica(), replica([NEW], 0, 'host-b')];
    const id = one.sessions.seal(facts);
    expect(other.sessions.open(id)).toMatchObject({ ...facts, hostId: 'host-a', issuedAtMs: 0 });
    expect(one.sessions.seal(facts)).not.toBe(id);
  });

  it('an encrypted session id has at most 4 096 visible ASCII characters, however large the capabilities are', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 5_000 });
    const declared = fc.record({ sampling: fc.dictionary(text, text), elicitation: fc.dictionary(text, text) });
    fc.assert(
      fc.property(declared, text, (capabilities, clientName) => {
        const { sessions } = replica();
        const id = sessions.seal({ ...facts, capabilities, clientName });
        expect(id).toMatch(/^[\x21-\x7e]+$/);
        expect(id.length).toBeLessThanOrEqual(MAX_ID_LENGTH);
        expect(replica().sessions.open(id)).not.toBeNull();
      }),
      { numRuns: 30 },
    );
    const huge = { sampling: { hint: randomBytes(1_000_000).toString('base64') } };
    expect(replica().sessions.seal({ ...facts, capabilities: huge }).length).toBeLessThan(600);
  });

  it('an encrypted session id is rejected after a character was changed, added or removed', () => {
    const { sessions } = replica();
    const id = sessions.seal(facts);
    const place = fc.nat({ max: id.length - 1 });
    const replacement = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/ ');
    fc.assert(
      fc.property(place, replacement, fc.constantFrom(0, 1), (at, character, removed) => {
        const changed = id.slice(0, at) + character + id.slice(at + removed);
        fc.pre(changed !== id);
        expect(sessions.open(changed)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
    for (let end = 0; end < id.length; end += 1) expect(sessions.open(id.slice(0, end))).toBeNull();
  });

  it('an encrypted session id is rejected if it comes from another fleet or was encrypted for another purpose', () => {
    const { sessions } = replica();
    const elsewhere = new SealedSessions(new FleetSealer('other', [NEW]), 'host-a');
    expect(sessions.open(elsewhere.seal(facts))).toBeNull();
    const box = new FleetSealer('test', [NEW]).seal('hop', 'session id', Buffer.from('[]'));
    expect(sessions.open(`sy1.${box.toString('base64url')}`)).toBeNull();
  });

  it('a session id that was encrypted with the previous secret is accepted during a rotation, but not afterwards', () => {
    const id = replica([OLD]).sessions.seal(facts);
    expect(replica([NEW, OLD]).sessions.open(id)).not.toBeNull();
    expect(replica([NEW]).sessions.open(id)).toBeNull();
    expect(replica([NEW]).sessions.open(replica([NEW, OLD]).sessions.seal(facts))).not.toBeNull();
  });

  it('an encrypted session id is valid for one day, even if the clocks of replicas are up to an hour wrong', () => {
    const now = 100 * HOUR_MS;
    const id = replica([NEW], now).sessions.seal(facts);
    for (const [hours, isOpened] of [
      [-3, false],
      [-2, true],
      [-1, true],
      [0, true],
      [1, true],
      [23, true],
      [26, true],
      [27, false],
    ] as const)
      expect(replica([NEW], now + hours * HOUR_MS).sessions.open(id) !== null, `after ${hours} h`).toBe(isOpened);
  });

  it("an accepted session id becomes invalid when the session or the client's token expires", () => {
    const { sessions, clock } = replica([NEW], 0);
    const [aged, expiring] = [sessions.seal(facts), sessions.seal({ ...facts, tokenExpiresAtMs: HOUR_MS })];
    expect([sessions.open(aged), sessions.open(expiring)]).not.toContain(null);
    clock.nowMs = HOUR_MS;
    expect([sessions.open(aged) !== null, sessions.open(expiring)]).toEqual([true, null]);
    clock.nowMs = 27 * HOUR_MS;
    expect(sessions.open(aged)).toBeNull();
  });

  it('an encrypted session id is decrypted only once, and its content is cached', () => {
    let opened = 0;
    const sealer = new FleetSealer('test', [NEW]);
    const counting = {
      seal: sealer.seal.bind(sealer),
      open: (...given: Parameters<FleetSealer['open']>) => {
        opened += 1;
        return sealer.open(...given);
      },
    };
    const sessions = new SealedSessions(counting, 'host-a');
    const id = sessions.seal(facts);
    for (let turn = 0; turn < 3; turn += 1) expect(sessions.open(id)).not.toBeNull();
    expect(opened).toBe(1);
  });
});
