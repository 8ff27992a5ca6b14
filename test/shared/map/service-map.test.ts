import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkServiceMap,
  isEnabled,
  isHttpEndpoint,
  normalizeEntry,
  type RawEntry,
} from '../../../src/shared/map/service-map.ts';
import { entry, type Json, mapOf, NOW } from '../../helpers/signed-map.ts';

const check = (map: Json): ReturnType<typeof checkServiceMap> => checkServiceMap(map, 10);

describe('checkServiceMap', () => {
  it('checkServiceMap() returns the header, entries and timestamps of a valid map', () => {
    const checked = check(mapOf([entry('a'), entry('b')], { signature: 'x', note: 'kept' }));
    expect(checked.entries.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(checked.header).toMatchObject({ brand: 'test', note: 'kept' });
    expect(checked.header).not.toHaveProperty('signature');
    expect([checked.generatedAtMs, checked.expiresAtMs]).toEqual([NOW, NOW + 3_600_000]);
  });

  it('checkServiceMap() accepts a map that uses the alternative field names', () => {
    const other = entry('a', {
      name: undefined,
      status: undefined,
      ttl: undefined,
      displayName: 'A',
      enabled: true,
      ttlSeconds: 60,
    });
    expect(check(mapOf([JSON.parse(JSON.stringify(other))])).entries).toHaveLength(1);
  });

  const CODES: [RegExp, string][] = [
    [/^ttlSeconds$/, 'MAP_TTL_INVALID'],
    [/\.id$/, 'MAP_ID_INVALID'],
    [/\.endpoint$/, 'MAP_ENDPOINT_INVALID'],
  ];

  it.each<[string, Json]>([
    ['connectors[0].scopes', mapOf([entry('a', { scopes: [] })])],
    ['connectors[1].endpoint', mapOf([entry('a'), entry('b', { endpoint: 'not a url' })])],
    ['connectors[0].endpoint', mapOf([entry('a', { endpoint: 'javascript:alert(1)' })])],
    ['connectors[0].endpoint', mapOf([entry('a', { endpoint: 'http://user:pw@host/' })])],
    ['connectors[0].endpoint', mapOf([entry('a', { endpoint: 'file:///etc/passwd' })])],
    ['connectors[0].id', mapOf([entry('../x')])],
    ['connectors[0].id', mapOf([entry('a\u0000b')])],
    ['connectors[0]', mapOf([entry('a', { name: undefined })])],
    ['connectors[0]', mapOf([entry('a', { status: undefined })])],
    ['connectors[0].status', mapOf([entry('a', { status: 'maybe' })])],
    ['connectors[0].auth.type', mapOf([entry('a', { auth: { type: 7 } })])],
    ['connectors[0].auth.type', mapOf([entry('a', { auth: {} })])],
    ['connectors[0].auth', mapOf([entry('a', { auth: 'bearer' })])],
    ['connectors[0].headers.a', mapOf([entry('a', { headers: { a: 'b\r\nhost: c' } })])],
    ['connectors[0].toolDigests', mapOf([entry('a', { toolDigests: [] })])],
    ['connectors[0].toolDigests.pay', mapOf([entry('a', { toolDigests: { pay: 'sha-256:abc' } })])],
    ['connectors[0].toolDigests.pay', mapOf([entry('a', { toolDigests: { pay: `sha-256:${'A'.repeat(42)}B` } })])],
    ['connectors[0].toolDigests.pay', mapOf([entry('a', { toolDigests: { pay: `sha256:${'A'.repeat(43)}` } })])],
    ['connectors[0].toolDigests.pay', mapOf([entry('a', { toolDigests: { pay: null } })])],
    ['connectors[0].timeouts.connect', mapOf([entry('a', { timeouts: { connect: '5' } })])],
    ['generatedAt', mapOf([], { generatedAt: 'yesterday' })],
    ['ttlSeconds', mapOf([], { ttlSeconds: 0 })],
    ['ttlSeconds', mapOf([], { ttlSeconds: -5 })],
    ['ttlSeconds', mapOf([], { ttlSeconds: 1.5 })],
    ['ttlSeconds', mapOf([], { ttlSeconds: '60' })],
    ['ttlSeconds', mapOf([], { ttlSeconds: 31 * 86_400 })],
    ['ttlSeconds', mapOf([], { ttlSeconds: 1e308 })],
    ['ttlSeconds', mapOf([], { ttlSeconds: Number.NaN })],
    ['ttlSeconds', mapOf([], { ttlSeconds: undefined })],
    ['connectors', mapOf([], { connectors: {} })],
    ['brand', mapOf([], { brand: '' })],
  ])('checkServiceMap() rejects a map with an error at %s', (place, map) => {
    const sent = JSON.parse(JSON.stringify(map));
    const code = CODES.find(([pattern]) => pattern.test(place))?.[1] ?? 'MAP_SCHEMA';
    expect(() => check(sent)).toThrow(expect.objectContaining({ code, detail: { place } }));
  });

  it('checkServiceMap() rejects two connectors with one id', () => {
    expect(() => check(mapOf([entry('a'), entry('a')]))).toThrow(expect.objectContaining({ code: 'MAP_DUPLICATE_ID' }));
  });

  it('checkServiceMap() rejects more connectors than allowed', () => {
    const many = Array.from({ length: 11 }, (_, i) => entry(`c${i}`));
    expect(() => check(mapOf(many))).toThrow(expect.objectContaining({ code: 'MAP_TOO_MANY_CONNECTORS' }));
  });
});

describe('normalizeEntry', () => {
  const raw = (overrides: Json): RawEntry => JSON.parse(JSON.stringify(entry('a', overrides)));

  it('normalizeEntry() derives name, status and ttl from alternative field names and keeps the original members', () => {
    const sent = raw({
      name: undefined,
      status: undefined,
      ttl: undefined,
      displayName: 'A',
      enabled: false,
      ttlSeconds: 60,
      odd: { x: 1 },
    });
    expect(normalizeEntry(sent, 300)).toMatchObject({
      name: 'A',
      status: 'disabled',
      ttl: 60,
      displayName: 'A',
      enabled: false,
      odd: { x: 1 },
    });
  });

  it('normalizeEntry() uses the TTL of the map if the entry has none', () => {
    expect(normalizeEntry(raw({ ttl: undefined }), 300).ttl).toBe(300);
  });

  it('normalizeEntry() disables an entry whose standard and alternative fields contradict each other', () => {
    expect(isEnabled(raw({ enabled: false }))).toBe(false);
    expect(isEnabled(raw({ status: 'disabled', enabled: true }))).toBe(false);
    expect(isEnabled(raw({ enabled: true }))).toBe(true);
  });

  it('normalizeEntry() returns a frozen entry', () => {
    expect(() => Object.assign(normalizeEntry(raw({}), 1), { name: 'other' })).toThrow(TypeError);
  });
});

describe('isHttpEndpoint', () => {
  const parts = fc.constantFrom(
    ...[
      'http://',
      'https://',
      'HTTP://',
      'a',
      'b1',
      '-',
      '--',
      'xn--',
      '.',
      '..',
      '1',
      '0x1',
      '127.0.0.1',
      '256',
      '%41',
    ],
    ...[
      ':',
      '80',
      ':8080',
      ':65536',
      '/',
      '?',
      '#',
      '@',
      '\\\\',
      ' ',
      '\t',
      '\u202e',
      'é',
      '[::1]',
      '_',
      '~',
      '|',
      '^',
      '%',
    ],
  );
  const bySpecification = (text: string): boolean => {
    const url = /[\p{Cc}\p{Cf}\s]/u.test(text) ? null : URL.parse(text);
    return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  };

  it('isHttpEndpoint() agrees with the URL parser for URLs without credentials, spaces and control characters', () => {
    const text = fc.tuple(fc.constantFrom('', 'http://', 'https://'), fc.array(parts, { maxLength: 8 }));
    fc.assert(
      fc.property(text, ([scheme, rest]) => {
        const address = scheme + rest.join('');
        expect([address, isHttpEndpoint(address)]).toEqual([address, bySpecification(address)]);
      }),
      { numRuns: 20_000 },
    );
  });
});
