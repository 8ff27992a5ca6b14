import { describe, expect, it } from 'vitest';
import type { TrustModel } from '../../../../../../src/main/gateway/status-page/model/trust-model.ts';
import { renderTrust } from '../../../../../../src/main/gateway/status-page/view/facts/render-trust.ts';
import { NOW } from '../../../../../helpers/signed-map.ts';

const NOTHING: TrustModel = {
  hasHmac: false,
  signers: [],
  isHmacOnly: false,
  keyDocument: null,
  restsOnConfiguration: false,
  keyFailure: null,
  keysEndAt: null,
  dropped: null,
};
const textOf = (trust: Partial<TrustModel>): string =>
  String(renderTrust({ ...NOTHING, ...trust }, NOW))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

describe('renderTrust', () => {
  it('renderTrust() renders nothing if there is nothing to report', () => {
    expect(textOf({})).toBe('');
  });

  it('renderTrust() shows the key of each signature, and when the signature and the key expire', () => {
    const signers = [
      { kid: 'first', thumbprint: 'abcdefgh', expiresAt: NOW + 300_000, keyExpiresAt: NOW + 864_000_000 },
    ];
    expect(textOf({ hasHmac: true, signers })).toBe(
      'Signed by HMAC first abcdefgh… , until in 5 min ; key until in 10 days',
    );
  });

  it('renderTrust() escapes foreign text', () => {
    const signers = [{ kid: '<script>', thumbprint: 'a', expiresAt: NOW, keyExpiresAt: null }];
    expect(String(renderTrust({ ...NOTHING, signers }, NOW))).toContain('<bdi>&lt;script&gt;</bdi>');
  });

  it('renderTrust() shows what vouches for the keys, why newer keys cannot be loaded, and why a map was dropped', () => {
    const text = textOf({
      isHmacOnly: true,
      keyDocument: { version: 3, expiresAt: NOW + 600_000 },
      restsOnConfiguration: true,
      keyFailure: { code: 'KEYS_UNTRUSTED', message: 'not signed' },
      dropped: { code: 'MAP_KEY_REVOKED', at: NOW - 60_000 },
    });
    expect(text).toContain('signed by its HMAC alone');
    expect(text).toContain('Keys document 3, until in 10 min');
    expect(text).toContain('rests on the configuration alone');
    expect(text).toContain('KEYS_UNTRUSTED not signed');
    expect(text).toContain('MAP_KEY_REVOKED 60 s ago');
  });
});
