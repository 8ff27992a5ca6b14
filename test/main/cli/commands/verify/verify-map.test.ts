import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { matchingForm } from '../../../../../src/main/cli/commands/verify/publisher-forms.ts';
import { type MapVerification, verifyMap } from '../../../../../src/main/cli/commands/verify/verify-map.ts';
import { createServiceMapSignature } from '../../../../../src/shared/map/signature.ts';
import { hmacTrust } from '../../../../../src/shared/signatures/trust.ts';
import { entry, type Json, KEY, mapOf, NOW } from '../../../../helpers/signed-map.ts';

const policy = {
  trust: hmacTrust(KEY),
  nowMs: NOW,
  floorMs: null,
  maxSkewMs: 0,
  maxConnectors: 100,
  allowExpired: false,
  maxStaleMs: null,
};

const map = mapOf([entry('a', { name: 'Zürich', metadata: { b: 1, B: 2, a: [1.5, 'x'] } })]);
const verify = (document: Json | string): MapVerification['checks'] =>
  verifyMap(new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document)), policy)
    .checks;
const codes = (document: Json | string): string[] =>
  verify(document).map(({ check, failure }) => `${check} ${failure?.code ?? 'ok'}`);

const hmac = (text: string, encoding: 'base64url' | 'hex' | 'base64' = 'base64url'): string =>
  createHmac('sha256', KEY).update(text).digest(encoding);

/** Sorts the keys of all objects by locale, like some publishers do before they sign. */
function byLocale(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(byLocale);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, item]) => [key, byLocale(item)]),
  );
}

describe('verifyMap', () => {
  it('verifyMap() accepts a valid map', () => {
    expect(codes({ ...map, signature: createServiceMapSignature(map, KEY) })).toEqual([
      'syntax ok',
      'signature ok',
      'shape ok',
      'time ok',
    ]);
  });

  it('verifyMap() stops after a syntax error, but runs all other checks even if one of them fails', () => {
    expect(codes('{')).toEqual(['syntax MAP_SYNTAX']);
    expect(codes('[]')).toEqual(['syntax MAP_SCHEMA']);
    expect(codes({ ...mapOf([entry('a', { scopes: [] })]), signature: 'x' })).toEqual([
      'syntax ok',
      'signature MAP_SIGNATURE_MALFORMED',
      'shape MAP_SCHEMA',
    ]);
    expect(codes(mapOf([], { ttlSeconds: 1, generatedAt: '2020-01-01T00:00:00Z' }))).toEqual([
      'syntax ok',
      'signature MAP_SIGNATURE_MISSING',
      'shape ok',
      'time MAP_EXPIRED',
    ]);
  });

  it('verifyMap() reports a duplicate key with its line', () => {
    const [syntax] = verify('{\n "a": {"x": 1},\n "b": [{"y": 1, "\\u0079": 2}]\n}');
    expect(syntax?.failure?.message).toBe('The service map has the same key twice in one object: "\\u0079" on line 3.');
  });
});

describe('matchingForm', () => {
  const escaped = (text: string): string => text.replace(/ü/g, '\\u00fc');
  it.each<[string, string]>([
    ['keys sorted by locale', hmac(JSON.stringify(byLocale(map)))],
    ['keys in the order sent', hmac(JSON.stringify(map))],
    ['non-ASCII escaped', hmac(escaped(JSON.stringify(byLocale(map))))],
    ['signature in base64', hmac(JSON.stringify(map), 'base64')],
    ['signature in hex', hmac(JSON.stringify(map), 'hex').toUpperCase()],
    [
      'a space after each comma and colon',
      hmac(
        JSON.stringify(map, null, 1)
          .replace(/,\n\s*/g, ', ')
          .replace(/\n\s*/g, ''),
      ),
    ],
  ])('matchingForm() recognizes how the publisher has written the signed map: %s', (expected, signature) => {
    expect(matchingForm(map, signature, KEY)).toContain(expected);
    const [, check] = verify({ ...map, signature });
    expect([check?.failure?.code, check?.found]).toEqual([
      expect.stringMatching(/^MAP_SIGNATURE_M/),
      expect.stringContaining(expected),
    ]);
  });

  it('matchingForm() recognizes that the publisher has signed only the known members of a map', () => {
    const { extra: _extra, ...known } = { ...map, extra: 1 };
    expect(matchingForm({ ...map, extra: 1 }, hmac(JSON.stringify(known)), KEY)).toContain('the known members alone');
  });

  it('matchingForm() returns null if the publisher uses another key', () => {
    expect(matchingForm(map, createServiceMapSignature(map, 'other'), KEY)).toBeNull();
  });
});
