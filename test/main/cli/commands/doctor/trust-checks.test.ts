import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkKeyFile, checkTrust } from '../../../../../src/main/cli/commands/doctor/trust-checks.ts';
import { NO_MAP, type ServiceMapStatus } from '../../../../../src/main/service-map/service-map-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../../../helpers/signing-keys.ts';
import { TempDir } from '../../../../helpers/temp-dir.ts';

const DAY_MS = 24 * 3_600_000;
const signer = { kid: 'k', alg: 'EdDSA', thumbprint: 'abc', expiresAt: NOW, keyExpiresAt: null } as const;
const REMEMBERED = { version: 2, expiresAt: NOW + 30 * DAY_MS, trustsConfigurationAlone: false, lastError: null };

/** Returns the findings about a map, each as the string `outcome message`. */
function findings(
  status: Partial<ServiceMapStatus>,
  options: Parameters<typeof checkTrust>[0] = {},
): readonly string[] {
  return checkTrust(options, { ...NO_MAP, ...status }, NOW).map(({ outcome, message }) => `${outcome} ${message}`);
}

describe('checkTrust', () => {
  it('checkTrust() reports nothing if a key document is stored and no key expires soon', () => {
    const signedBy = { hmacKey: null, signatures: [signer] };
    expect(findings({ accept: 'signature', signedBy, keys: REMEMBERED }, { keyDocuments: 'x' })).toEqual([]);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['--accept either', findings({}, { accept: 'either' }), /^note --accept either trusts everybody/],
    [
      'an HMAC as the only signature',
      findings({ accept: 'either', signedBy: { hmacKey: 0, signatures: [] } }),
      /^note the map is signed by its HMAC alone/,
    ],
    [
      'a key that expires soon',
      findings({ signedBy: { hmacKey: null, signatures: [{ ...signer, keyExpiresAt: NOW + DAY_MS }] } }),
      /^note the key "k" that signed the map expires at 2026-11-23.*keys rotate/,
    ],
    [
      'a key document that has expired',
      findings({ keys: { ...REMEMBERED, expiresAt: NOW } }),
      /^failed key document 2 expired at/,
    ],
    [
      'key documents that the host rejected',
      findings({ keys: { ...REMEMBERED, lastError: { code: 'KEYS_UNTRUSTED', message: 'No signature', at: NOW } } }),
      /^failed KEYS_UNTRUSTED: No signature/,
    ],
    [
      'configured key documents if none is stored yet',
      findings({ keys: NO_MAP.keys }, { keyDocuments: 'x' }),
      /^note no key document is remembered.*--min-version/,
    ],
  ])('checkTrust() reports %s', (_, found, message) => {
    expect(found).toEqual([expect.stringMatching(message)]);
  });
});

describe('checkKeyFile', () => {
  let dir: TempDir;
  beforeEach(() => {
    dir = new TempDir();
  });
  afterEach(() => dir[Symbol.dispose]());

  function check(value: unknown, mode = 0o644): readonly string[] {
    const path = join(dir.path, 'keys.json');
    writeFileSync(path, JSON.stringify(value));
    chmodSync(path, mode);
    return checkKeyFile(path, NOW).map(({ outcome, message }) => `${outcome} ${message}`);
  }

  it('checkKeyFile() accepts usable keys, and reports nothing if no key file is configured', () => {
    expect(check(jwksOf(newKey('a'), newKey('b')))).toEqual([expect.stringMatching(/^ok .* has 2 public keys/)]);
    expect(checkKeyFile(undefined, NOW)).toEqual([]);
  });

  it('checkKeyFile() reports a key file that other users can change', () => {
    expect(check(jwksOf(newKey('a')), 0o666)[1]).toMatch(/^note other users can change .*chmod go-w/);
  });

  it('checkKeyFile() reports a configured key that has expired', () => {
    const found = check(jwksOf(newKey('a', 'EdDSA', { exp: NOW / 1000 - 1 })));
    expect(found[1]).toMatch(/^failed the configured key "a" expired/);
  });

  it('checkKeyFile() reports a failure if the key file contains a private key or does not exist', () => {
    const key = newKey('a');
    const [found] = check({ keys: [key] });
    expect(found).toMatch(/^failed KEYS_INVALID/);
    expect(found).not.toContain(key.d);
    expect(checkKeyFile(join(dir.path, 'none'), NOW)).toMatchObject([{ outcome: 'failed' }]);
  });
});
