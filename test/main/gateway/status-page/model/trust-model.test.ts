import { describe, expect, it } from 'vitest';
import { keysEndSoon, trustModel } from '../../../../../src/main/gateway/status-page/model/trust-model.ts';
import { NO_MAP, type ServiceMapStatus } from '../../../../../src/main/service-map/service-map-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';

const DAY_MS = 24 * 3_600_000;
const signer = {
  kid: 'k',
  alg: 'EdDSA',
  thumbprint: 'abcdefghijklmnop',
  expiresAt: NOW + 60_000,
  keyExpiresAt: null,
} as const;

const modelOf = (more: Partial<ServiceMapStatus>) => trustModel({ ...NO_MAP, ...more });

describe('trustModel', () => {
  it('the trust section of the status page names the signing keys with the start of their thumbprints', () => {
    const model = modelOf({ accept: 'both', signedBy: { hmacKey: 0, signatures: [signer] } });
    expect(model).toMatchObject({ hasHmac: true, isHmacOnly: false, dropped: null });
    expect(model.signers).toEqual([{ kid: 'k', thumbprint: 'abcdefgh', expiresAt: NOW + 60_000, keyExpiresAt: null }]);
  });

  it('the trust section of the status page replaces control characters in the `kid` of a key', () => {
    const signatures = [{ ...signer, kid: '\u202e\u001b[31mk' }];
    const [shown] = modelOf({ accept: 'signature', signedBy: { hmacKey: null, signatures } }).signers;
    for (const sign of ['\u202e', '\u001b']) expect(shown?.kid).not.toContain(sign);
  });

  it.each([
    ['hmac', false],
    ['either', true],
    ['both', true],
  ] as const)(
    'the trust section of the status page decides whether a map with only an HMAC is weak, for `accept` %s: %s',
    (accept, isHmacOnly) => {
      expect(modelOf({ accept, signedBy: { hmacKey: 0, signatures: [] } }).isHmacOnly).toBe(isHmacOnly);
      expect(modelOf({ accept }).isHmacOnly).toBe(false);
    },
  );

  it('the trust section of the status page says whether a key document or only the configuration vouches for keys', () => {
    const alone = { version: null, expiresAt: null, trustsConfigurationAlone: true, lastError: null };
    expect(modelOf({ accept: 'signature', keys: alone })).toMatchObject({
      restsOnConfiguration: true,
      keyDocument: null,
    });
    expect(modelOf({ accept: 'hmac', keys: alone }).restsOnConfiguration).toBe(false);
    const lastError = { code: 'KEYS_UNAVAILABLE', message: 'cannot be read', at: NOW } as const;
    const known = { version: 4, expiresAt: NOW, trustsConfigurationAlone: false, lastError };
    expect(modelOf({ accept: 'signature', keys: known })).toMatchObject({
      restsOnConfiguration: false,
      keyDocument: { version: 4, expiresAt: NOW },
      keyFailure: { code: 'KEYS_UNAVAILABLE' },
    });
  });

  it('the trust section of the status page shows when the first key expires, and whether this is within a week', () => {
    const signatures = [{ ...signer, keyExpiresAt: NOW + 3 * DAY_MS }, signer];
    const keys = { ...NO_MAP.keys, version: 1, expiresAt: NOW + 30 * DAY_MS };
    const model = modelOf({ accept: 'signature', signedBy: { hmacKey: null, signatures }, keys });
    expect(model.keysEndAt).toBe(NOW + 3 * DAY_MS);
    expect([keysEndSoon(model, NOW), keysEndSoon(model, NOW - 10 * DAY_MS), keysEndSoon(modelOf({}), NOW)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
