import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../../src/shared/fleet/fleet-sealer.ts';
import type { SessionChange } from '../../../../src/shared/protocol/fleet/session-messages.ts';
import {
  asChange,
  fieldOf,
  MAX_VALUE_LENGTH,
  readRecord,
  sealField,
} from '../../../../src/workers/fleet/sessions/session-record.ts';

const sealer = new FleetSealer('test', ['s3cr3t-of-a-fleet-that-is-the-only-one']);
const KEY = '{sw:test}:sess:one';

const change: fc.Arbitrary<SessionChange> = fc.oneof(
  fc.record({ kind: fc.constant('ended' as const) }),
  fc.record({ kind: fc.constant('log-level' as const), logLevel: fc.constantFrom('debug', 'error', null) }),
  fc.record({ kind: fc.constant('watch' as const), uri: fc.string({ unit: 'binary', maxLength: 1_000 }) }),
  fc.record({ kind: fc.constant('home' as const), homeId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/) }),
);
const fields = (key: string, ...changes: readonly SessionChange[]) =>
  changes.map((one) => [fieldOf(one), sealField(sealer, key, one)] as const);

describe('readRecord', () => {
  it('readRecord() reads the session records that replicas wrote', () => {
    const record = readRecord(
      sealer,
      KEY,
      fields(
        KEY,
        { kind: 'log-level', logLevel: 'error' },
        { kind: 'watch', uri: 'x://y' },
        { kind: 'home', homeId: 'host-a' },
      ),
    );
    const state = { isEnded: false, logLevel: 'error', watched: ['x://y'], homeId: 'host-a' };
    expect(record).toEqual({ state, refused: 0 });
    expect(readRecord(sealer, KEY, []).state).toBeNull();
  });

  it('readRecord() rejects a session record that was copied from another Redis key, changed or forged', () => {
    const garbage = fc.tuple(fc.string(), fc.base64String());
    fc.assert(
      fc.property(change, garbage, fc.nat(), (one, made, seed) => {
        const [[name, value]] = fields(KEY, one) as [readonly [string, string]];
        const box = Buffer.from(value, 'base64url');
        box.writeUInt8(box.readUInt8(seed % box.length) ^ 1, seed % box.length);
        const forged = [
          ...fields('{sw:test}:sess:two', one),
          ['w:other', value] as const,
          [name, box.toString('base64url')] as const,
          made,
        ];
        for (const field of forged) expect(readRecord(sealer, KEY, [field])).toEqual({ state: null, refused: 1 });
      }),
    );
  });

  it('sealField() writes no value that is too long to be read again', () => {
    const uri = '\u0000'.repeat(2_048);
    expect(sealField(sealer, KEY, { kind: 'watch', uri }).length).toBeLessThanOrEqual(MAX_VALUE_LENGTH);
    const wide = '\u{ffff}'.repeat(2_048);
    expect(sealField(sealer, KEY, { kind: 'watch', uri: wide }).length).toBeLessThanOrEqual(MAX_VALUE_LENGTH);
  });
});

describe('asChange', () => {
  it('asChange() accepts only session changes within their limits', () => {
    fc.assert(fc.property(change, (one) => void expect(asChange(JSON.parse(JSON.stringify(one)))).toEqual(one)));
    for (const wrong of [
      null,
      7,
      'ended',
      [],
      { kind: 'gone' },
      { kind: 'watch' },
      { kind: 'watch', uri: 'x'.repeat(2_049) },
      { kind: 'log-level', logLevel: 'x'.repeat(33) },
      { kind: 'home', homeId: 'http://evil.example' },
      { kind: 'home', homeId: null },
    ])
      expect(asChange(wrong)).toBeNull();
  });
});
