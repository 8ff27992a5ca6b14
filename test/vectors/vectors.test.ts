import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  canonicalizeServiceMapPayload,
  createServiceMapSignature,
  verifyServiceMapSignature,
} from '../../src/main/index.ts';
import { parseStrictJson } from '../../src/shared/map/strict-json.ts';

const folder = process.env.SWITCHYARD_VECTORS ?? '../shared/vectors';
const read = (path: string): Buffer => readFileSync(join(folder, path));

describe('RFC 8785 test data (cyberphone/json-canonicalization)', () => {
  const names = readdirSync(join(folder, 'jcs/testdata/input'));

  it.each(names)('the RFC 8785 test file %s is canonicalized as published, byte for byte', (name) => {
    const value = parseStrictJson(read(`jcs/testdata/input/${name}`));
    const canonical = Buffer.from(canonicalizeServiceMapPayload(value), 'utf8');
    expect(canonical.equals(read(`jcs/testdata/output/${name}`))).toBe(true);
    const hex = read(`jcs/testdata/outhex/${name.replace('.json', '.txt')}`)
      .toString()
      .replace(/\s/g, '');
    expect(canonical.toString('hex')).toBe(hex);
  });
});

interface WycheproofGroup {
  readonly tagSize: number;
  readonly tests: readonly { tcId: number; key: string; msg: string; tag: string; result: 'valid' | 'invalid' }[];
}

describe('HMAC-SHA256 (Wycheproof)', () => {
  const { testGroups } = JSON.parse(read('wycheproof/hmac_sha256_test.json').toString()) as {
    testGroups: WycheproofGroup[];
  };

  it.each(testGroups.flatMap(({ tagSize, tests }) => tests.map((test) => ({ tagSize, ...test }))))(
    'Wycheproof HMAC case $tcId ($result, $tagSize bits) has the published result',
    ({ tagSize, key, msg, tag, result }) => {
      const mac = createHmac('sha256', Buffer.from(key, 'hex')).update(Buffer.from(msg, 'hex')).digest();
      expect(mac.subarray(0, tagSize / 8).toString('hex') === tag).toBe(result === 'valid');
      // The tag is not a map signature. If it is truncated, it is rejected before any comparison.
      expect(verifyServiceMapSignature({ msg }, tag, key)).toBe(false);
    },
  );
});

describe('naughty strings (BLNS)', () => {
  const strings = JSON.parse(read('blns/blns.json').toString()) as string[];

  it('the strict parser accepts naughty strings (BLNS), which can be signed and verified as keys and values', () => {
    for (const text of strings) {
      // The strict parser rejects the keys `__proto__` and `constructor`, which are not in the list.
      const payload = { value: text, [`key ${text}`]: [text] };
      const parsed = parseStrictJson(new TextEncoder().encode(JSON.stringify(payload)));
      expect(parsed).toEqual(payload);
      expect(verifyServiceMapSignature(payload, createServiceMapSignature(payload, 'key'), 'key')).toBe(true);
    }
    expect(strings.length).toBeGreaterThan(500);
  });
});
