import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/shared/canonical-json.ts';
import { createServiceMapSignature } from '../../src/shared/signature.ts';
import { secret } from '../helpers/evidence.ts';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { counterOf, mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { type Json, KEY, mapOf, signed } from '../helpers/signed-map.ts';

const now = (): string => new Date().toISOString();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The bytes of `json`, with the MAC of `canonical` for a signature: for what our own signer refuses. */
function forged(json: string, canonical: string): string {
  const signature = createHmac('sha256', KEY).update(canonical).digest('base64url');
  return json.replace('"SIGNATURE"', JSON.stringify(signature));
}

/** A map with this text put in where metadata go. */
function withMetadata(metadata: string): string {
  const { connectors: _none, ...rest } = mapOf([], { generatedAt: now() });
  const open = JSON.stringify(rest).slice(0, -1);
  const json = `${open},"connectors":[],"metadata":${metadata},"signature":"SIGNATURE"}`;
  return forged(json, 'whatever: it is refused before');
}

const endpoints = (endpoint: string): Uint8Array => mapNow([off('a', { endpoint })]);
const resigned = (change: (signature: string) => string): string => {
  const map = mapOf([off('a')], { generatedAt: now() });
  return JSON.stringify({ ...map, signature: change(createServiceMapSignature(map, KEY)) });
};
const hex = (): string => {
  const map = mapOf([off('a')], { generatedAt: now() });
  const mac = createHmac('sha256', KEY).update(canonicalJson(map)).digest('hex');
  return JSON.stringify({ ...map, signature: mac.toUpperCase() });
};
/** The last character of 43 carries two bits that decode to nothing; flipping one leaves the bytes as they are. */
const malleable = (signature: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return signature.slice(0, -1) + (alphabet[alphabet.indexOf(signature.at(-1) ?? '') ^ 1] ?? '');
};

/** Each with the row of the fault catalogue. */
const HOSTILE: [string, string, () => string | Uint8Array][] = [
  ['28 no signature', 'MAP_SIGNATURE_MISSING', () => JSON.stringify(mapOf([off('a')], { generatedAt: now() }))],
  ['28 an empty signature', 'MAP_SIGNATURE_MISSING', () => resigned(() => '')],
  [
    '28 another content',
    'MAP_SIGNATURE_MISMATCH',
    () => text(mapNow([off('a')])).replace('Connector a', 'Connector z'),
  ],
  ['28 a member that was added', 'MAP_SIGNATURE_MISMATCH', () => text(mapNow([off('a')])).replace('{', '{"extra":1,')],
  [
    '29 another key',
    'MAP_SIGNATURE_MISMATCH',
    () => signed(mapOf([off('a')], { generatedAt: now() }), secret('other key')),
  ],
  ['34 a truncated MAC', 'MAP_SIGNATURE_MALFORMED', () => resigned((mac) => mac.slice(0, 22))],
  ['34 a padded MAC', 'MAP_SIGNATURE_MALFORMED', () => resigned((mac) => `${mac}=`)],
  ['34 white space behind it', 'MAP_SIGNATURE_MALFORMED', () => resigned((mac) => `${mac} `)],
  ['34 another spelling of the same bytes', 'MAP_SIGNATURE_MALFORMED', () => resigned(malleable)],
  ['34 upper-case hex', 'MAP_SIGNATURE_MALFORMED', hex],
  [
    '34 a MAC that is a number',
    'MAP_SIGNATURE_MALFORMED',
    () => resigned(() => 'SIGNATURE').replace('"SIGNATURE"', '7'),
  ],
  ['40 a ttl of 0', 'MAP_TTL_INVALID', () => mapNow([], { ttlSeconds: 0 })],
  ['40 a negative ttl', 'MAP_TTL_INVALID', () => mapNow([], { ttlSeconds: -60 })],
  ['40 a ttl of 1e308', 'MAP_TTL_INVALID', () => mapNow([], { ttlSeconds: 1e308 })],
  ['40 a ttl beyond 30 days', 'MAP_TTL_INVALID', () => mapNow([], { ttlSeconds: 30 * 86_400 + 1 })],
  ['40 a ttl that is text', 'MAP_TTL_INVALID', () => mapNow([], { ttlSeconds: '60' })],
  ['40 a ttl that is no number', 'MAP_TTL_INVALID', () => mapNow([], { ttlSeconds: null })],
  ['42 one id twice', 'MAP_DUPLICATE_ID', () => mapNow([off('a'), off('a')])],
  [
    '43 more connectors than allowed',
    'MAP_TOO_MANY_CONNECTORS',
    () => mapNow(Array.from({ length: 101 }, (_, i) => off(`c${i}`))),
  ],
  ['43 more bytes than allowed', 'MAP_TOO_LARGE', () => mapNow([off('a', { description: 'x'.repeat(1_100_000) })])],
  ['44 depth 200 000', 'MAP_TOO_DEEP', () => '['.repeat(200_000)],
  ['44 depth 65', 'MAP_TOO_DEEP', () => withMetadata(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`)],
  ['45 __proto__ as a key', 'MAP_FORBIDDEN_KEY', () => withMetadata('{"__proto__":{"polluted":true}}')],
  ['45 __proto__, escaped and deep', 'MAP_FORBIDDEN_KEY', () => withMetadata('{"a":[{"\\u005f_proto__":1}]}')],
  ['45 constructor as a key', 'MAP_FORBIDDEN_KEY', () => withMetadata('{"a":{"constructor":{"prototype":1}}}')],
  ['46 a key twice', 'MAP_DUPLICATE_KEY', () => withMetadata('{"a":1,"b":{},"a":2}')],
  ['46 a key twice, once escaped', 'MAP_DUPLICATE_KEY', () => withMetadata('{"a":1,"\\u0061":2}')],
  ['48 a number beyond a double', 'MAP_NOT_REPRESENTABLE', () => withMetadata('{"a":1e400}')],
  ['49 a lone surrogate', 'MAP_NOT_REPRESENTABLE', () => withMetadata('{"a":"\\ud800"}')],
  ['49 a lone surrogate in a key', 'MAP_NOT_REPRESENTABLE', () => withMetadata('{"\\udc00":1}')],
  ['50 a path for an id', 'MAP_ID_INVALID', () => mapNow([off('../x')])],
  ['50 a NUL in an id', 'MAP_ID_INVALID', () => mapNow([off('a\0b')])],
  ['50 an override of direction in an id', 'MAP_ID_INVALID', () => mapNow([off('a\u202eb')])],
  ['50 an id of 64 KB', 'MAP_ID_INVALID', () => mapNow([off('a'.repeat(65_536))])],
  ['50 a script for an endpoint', 'MAP_ENDPOINT_INVALID', () => endpoints('javascript:alert(1)')],
  ['50 a file for an endpoint', 'MAP_ENDPOINT_INVALID', () => endpoints('file:///etc/passwd')],
  ['50 credentials in an endpoint', 'MAP_ENDPOINT_INVALID', () => endpoints('http://user:pw@host/')],
  ['50 an endpoint of 64 KB', 'MAP_ENDPOINT_INVALID', () => endpoints(`http://host/${'a'.repeat(65_536)}`)],
  ['50 a header that ends the header', 'MAP_SCHEMA', () => mapNow([off('a', { headers: { 'x-a': 'b\r\nx-c: d' } })])],
];

describe.each(['never', 'always'] as const)('a hostile map, with offload %s', (offload) => {
  it.each(HOSTILE)('%s is refused with %s, and the last good one stays', async (_, code, make) => {
    await using server = await FaultyServer.start(answer(mapNow([off('good')])));
    await using held = mapUnderTest(server.url, {
      maxConnectors: 100,
      maxMapBytes: 1_000_000,
      timeoutMs: 2_000,
      offload,
    });
    await held.manager.sync();
    const before = await counterOf('mcp_service_map_refresh_total', { outcome: 'failed', code });
    server.behave(answer(make()));
    await held.manager.sync(true);
    expect(held.manager.status().serviceMap).toMatchObject({ revision: 1, lastError: { code } });
    expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['good']);
    expect(held.complaints()).toEqual([`map-refresh-failed ${code}`]);
    expect(await counterOf('mcp_service_map_refresh_total', { outcome: 'failed', code })).toBe(before + 1);
    expect(({} as Json).polluted).toBeUndefined();
  });
});

describe('an unusual map that is right', () => {
  it('45 may call connectors as objects call their methods', async () => {
    const names = ['toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'];
    await using server = await FaultyServer.start(answer(mapNow(names.map((id) => off(id)))));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(names);
    expect([held.manager.connector('toString')?.entry.id, held.manager.connector('constructor')]).toEqual([
      'toString',
      undefined,
    ]);
  });

  it('48 may write numbers in any way: what counts is their canonical form', async () => {
    const rest = { brand: 'test', generatedAt: now() };
    const json = `{"id":"x","brand":"test","generatedAt":"${rest.generatedAt}","ttlSeconds":6E1,"connectors":[],"metadata":{"a":9007199254740993,"b":-0,"c":1E5,"d":1.50},"signature":"SIGNATURE"}`;
    const canonical = `{"brand":"test","connectors":[],"generatedAt":"${rest.generatedAt}","id":"x","metadata":{"a":9007199254740992,"b":0,"c":100000,"d":1.5},"ttlSeconds":60}`;
    await using server = await FaultyServer.start(answer(forged(json, canonical)));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.status().serviceMap.freshness).toBe('fresh');
  });

  it('34 may be signed in lower-case hex', async () => {
    await using server = await FaultyServer.start(answer(hex().replace(/[0-9A-F]{64}/, (mac) => mac.toLowerCase())));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.listConnectors()).toHaveLength(1);
  });
});

describe('28 each byte of a signed map, flipped', () => {
  it('is never accepted, and the last good map is served throughout', async () => {
    const good = mapNow([off('good')]);
    const target = mapNow([off('other')]);
    let body = good;
    const fetchImpl = (async () => new Response(body)) as typeof fetch;
    // A manager for two bytes: three refused refreshes would open its circuit.
    for (let index = 0; index < target.length; index += 2) {
      body = good;
      await using held = mapUnderTest('http://map.invalid/', { fetchImpl });
      await held.manager.sync();
      for (const at of [index, index + 1].filter((place) => place < target.length)) {
        body = target.map((byte, place) => (place === at ? byte ^ (1 << (at % 8)) : byte));
        await held.manager.sync(true);
        expect(held.manager.status().serviceMap.lastError?.code).toMatch(/^MAP_/);
        expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['good']);
      }
    }
  });
});
