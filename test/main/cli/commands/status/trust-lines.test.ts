import { describe, expect, it } from 'vitest';
import { durationText, trustLines } from '../../../../../src/main/cli/commands/status/trust-lines.ts';
import { NO_MAP, type ServiceMapStatus } from '../../../../../src/main/service-map/service-map-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';

const signer = { kid: 'k', alg: 'EdDSA', thumbprint: 'abcdefghijklmnop', expiresAt: NOW, keyExpiresAt: null } as const;
const linesOf = (more: Partial<ServiceMapStatus>): readonly string[] => trustLines({ ...NO_MAP, ...more });

describe('trustLines', () => {
  it('trustLines() shows who signed the map, when the signature expires and how old the map is', () => {
    const signedBy = { hmacKey: 1, signatures: [signer, { ...signer, kid: 'l', keyExpiresAt: NOW }] };
    expect(linesOf({ accept: 'both', signedBy, ageMs: 61_000, staleSince: NOW })).toEqual([
      'signed by HMAC (key 2); k (abcdefgh…) until 2026-11-22T12:00:00.000Z; ' +
        'l (abcdefgh…) until 2026-11-22T12:00:00.000Z, key until 2026-11-22T12:00:00.000Z',
      '1 min old, expired since 2026-11-22T12:00:00.000Z',
      'the configured keys count; no earlier key document is remembered',
    ]);
  });

  it('trustLines() warns about a map that has only an HMAC if public keys are configured', () => {
    const signedBy = { hmacKey: 0, signatures: [] };
    expect(linesOf({ accept: 'either', signedBy })[0]).toBe('signed by HMAC alone, though public keys are configured');
    expect(linesOf({ accept: 'hmac', signedBy })).toEqual(['signed by HMAC']);
  });

  it('trustLines() shows the key document, why newer documents are rejected, and why a map was dropped', () => {
    const lastError = { code: 'KEYS_UNTRUSTED', message: 'no\u001b[31m', at: NOW } as const;
    const keys = { version: 3, expiresAt: NOW, trustsConfigurationAlone: false, lastError };
    expect(linesOf({ accept: 'signature', keys, dropped: { code: 'MAP_KEY_REVOKED', at: NOW } })).toEqual([
      'key document 3, expires 2026-11-22T12:00:00.000Z',
      'key documents not followed: KEYS_UNTRUSTED: no',
      'dropped at 2026-11-22T12:00:00.000Z: MAP_KEY_REVOKED',
    ]);
  });
});

describe('durationText', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_660_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ])('durationText() shows %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
