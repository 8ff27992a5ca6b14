import { afterEach, describe, expect, it } from 'vitest';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { type Json, mapOf, signed } from '../helpers/signed-map.ts';
import { forged, type Hostile, now, refuses, withMetadata } from './forge.ts';

const ttl = (ttlSeconds: unknown) => () => mapNow([], { ttlSeconds });
const id = (text: string) => () => mapNow([off(text)]);
const endpoint = (url: string) => () => mapNow([off('a', { endpoint: url })]);
const dated = (generatedAt: unknown) => () => signed(mapOf([off('a')], { generatedAt }));
const metadata = (text: string) => () => withMetadata(text);

/** The name of each map starts with its number in the fault catalogue. */
const HOSTILE: readonly Hostile[] = [
  ['fault 40: a ttl of 0', 'MAP_TTL_INVALID', ttl(0)],
  ['fault 40: a negative ttl', 'MAP_TTL_INVALID', ttl(-60)],
  ['fault 40: a ttl of half a second', 'MAP_TTL_INVALID', ttl(0.5)],
  ['fault 40: a ttl of 1e308', 'MAP_TTL_INVALID', ttl(1e308)],
  ['fault 40: a ttl beyond 30 days', 'MAP_TTL_INVALID', ttl(30 * 86_400 + 1)],
  ['fault 40: a ttl that is a string', 'MAP_TTL_INVALID', ttl('60')],
  ['fault 40: a ttl that is null', 'MAP_TTL_INVALID', ttl(null)],
  ['fault 40: a ttl in a list', 'MAP_TTL_INVALID', ttl([60])],
  ['fault 40: no ttl', 'MAP_TTL_INVALID', ttl(undefined)],
  ['fault 38: a date that is a number', 'MAP_SCHEMA', dated(Date.now())],
  ['fault 38: a date that does not exist', 'MAP_SCHEMA', dated('2026-02-30T00:00:00Z')],
  ['fault 38: a date without its time zone', 'MAP_SCHEMA', dated('2026-11-23T12:00:00')],
  ['fault 42: a duplicate id', 'MAP_DUPLICATE_ID', () => mapNow([off('a'), off('a')])],
  ['fault 44: a nesting depth of 200 000 arrays', 'MAP_TOO_DEEP', () => '['.repeat(200_000)],
  ['fault 44: a nesting depth of 100 000 objects', 'MAP_TOO_DEEP', () => '{"a":'.repeat(100_000)],
  [
    'fault 44: a nesting depth of 65 arrays and objects',
    'MAP_TOO_DEEP',
    metadata(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`),
  ],
  ['fault 45: __proto__ as a key', 'MAP_FORBIDDEN_KEY', metadata('{"__proto__":{"polluted":true}}')],
  [
    'fault 45: __proto__ as an escaped, nested key',
    'MAP_FORBIDDEN_KEY',
    metadata('{"a":[{"\\u005f_proto__":{"polluted":true}}]}'),
  ],
  [
    'fault 45: constructor as a key',
    'MAP_FORBIDDEN_KEY',
    metadata('{"a":{"constructor":{"prototype":{"polluted":true}}}}'),
  ],
  ['fault 45: __proto__ as an id', 'MAP_ID_INVALID', id('__proto__')],
  ['fault 46: a duplicate key', 'MAP_DUPLICATE_KEY', metadata('{"a":1,"b":{},"a":2}')],
  ['fault 46: a duplicate key in escaped form', 'MAP_DUPLICATE_KEY', metadata('{"a":1,"\\u0061":2}')],
  ['fault 46: a duplicate key at the top level', 'MAP_DUPLICATE_KEY', metadata('{},"brand":"other"')],
  ['fault 48: a number above the range of a double', 'MAP_NOT_REPRESENTABLE', metadata('{"a":1e400}')],
  ['fault 48: a number below the range of a double', 'MAP_NOT_REPRESENTABLE', metadata('[[-1e400]]')],
  ['fault 49: a lone surrogate', 'MAP_NOT_REPRESENTABLE', metadata('{"a":"\\ud800"}')],
  ['fault 49: two surrogates in the wrong order', 'MAP_NOT_REPRESENTABLE', metadata('{"a":"\\udc00\\ud800"}')],
  ['fault 49: a lone surrogate in a key', 'MAP_NOT_REPRESENTABLE', metadata('{"\\udc00":1}')],
  ['fault 50: an empty id', 'MAP_ID_INVALID', id('')],
  ['fault 50: a path as an id', 'MAP_ID_INVALID', id('../x')],
  ['fault 50: the parent folder as an id', 'MAP_ID_INVALID', id('..')],
  ['fault 50: a Windows path as an id', 'MAP_ID_INVALID', id('a\\b')],
  ['fault 50: a command-line option as an id', 'MAP_ID_INVALID', id('-rf')],
  ['fault 50: a NUL in an id', 'MAP_ID_INVALID', id('a\0b')],
  ['fault 50: a line break after an id', 'MAP_ID_INVALID', id('a\n')],
  ['fault 50: a bidirectional override in an id', 'MAP_ID_INVALID', id('a\u202eb')],
  ['fault 50: a zero-width space in an id', 'MAP_ID_INVALID', id('a\u200bb')],
  ['fault 50: a Cyrillic letter in an id', 'MAP_ID_INVALID', id('\u0430dmin')],
  ['fault 50: an id of 129 characters', 'MAP_ID_INVALID', id('a'.repeat(129))],
  ['fault 50: an id of 64 KB', 'MAP_ID_INVALID', id('a'.repeat(65_536))],
  ['fault 50: a javascript: URL as an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('javascript:alert(1)')],
  ['fault 50: a file: URL as an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('file:///etc/passwd')],
  ['fault 50: a data: URL as an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('data:text/html,x')],
  ['fault 50: an endpoint without a scheme', 'MAP_ENDPOINT_INVALID', endpoint('//host/mcp')],
  ['fault 50: credentials in an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('http://user:pw@host/')],
  ['fault 50: a user in an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('http://user@host/')],
  ['fault 50: a NUL in the host of an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('http://ho\0st/')],
  ['fault 50: an endpoint of 64 KB', 'MAP_ENDPOINT_INVALID', endpoint(`http://host/${'a'.repeat(65_536)}`)],
  [
    'fault 50: a header value with a line break',
    'MAP_SCHEMA',
    () => mapNow([off('a', { headers: { 'x-a': 'b\r\nx-c: d' } })]),
  ],
  ['fault 50: a header name with a line break', 'MAP_SCHEMA', () => mapNow([off('a', { headers: { 'x\r\ny': 'b' } })])],
  [
    'fault 51: null as connectors',
    'MAP_SCHEMA',
    () => signed({ ...mapOf([], { generatedAt: now() }), connectors: null }),
  ],
  ['fault 51: null as a map', 'MAP_SCHEMA', () => 'null'],
  ['fault 51: an array as a map', 'MAP_SCHEMA', () => '[]'],
];

// No content of a map may ever appear on another object of this process.
afterEach(() => expect([({} as Json).polluted, ([] as unknown as Json).polluted]).toEqual([undefined, undefined]));

describe('a hostile map', () => refuses(HOSTILE));

// URL parsers drop or repair these characters, each in its own way. The endpoint that is shown or logged would then
// differ from the endpoint that is connected to.
describe('fault 50: a disguised endpoint', () => {
  it.each([
    ['with a line break in its host', 'http://ho\nst/'],
    ['with a header after it', 'http://127.0.0.1:9/\r\nx-evil: 1'],
    ['with a tab in its scheme', 'ht\ttp://host/'],
    ['after a space', ' http://host/'],
    ['before a NUL', 'http://host/\0'],
    ['with a bidirectional override', 'http://host/\u202egnp.exe'],
  ])('fault 50: an endpoint %s is rejected with MAP_ENDPOINT_INVALID', async (_, url) => {
    await using server = await FaultyServer.start(answer(endpoint(url)()));
    await using held = mapUnderTest(server.url);
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_ENDPOINT_INVALID' });
  });
});

describe('an unusual map', () => {
  it('fault 45: a map may contain connector ids such as toString and hasOwnProperty', async () => {
    const names = ['toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf', 'constructor', 'prototype'];
    await using server = await FaultyServer.start(answer(mapNow([off('toString')])));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.connector('constructor')).toBeUndefined();
    server.behave(answer(mapNow(names.map((name) => off(name)))));
    await held.manager.sync(true);
    expect(held.manager.listConnectors().map((entry) => entry.id)).toEqual(names);
    expect(names.map((name) => held.manager.connector(name)?.entry.name)).toEqual(
      names.map((name) => `Connector ${name}`),
    );
  });

  it('fault 48: numbers in a map may have any notation if the signature was computed over their canonical form', async () => {
    const generatedAt = now();
    const json = `{"id":"x","brand":"test","generatedAt":"${generatedAt}","ttlSeconds":6E1,"connectors":[],"metadata":{"a":9007199254740993,"b":-0,"c":1E5,"d":1.50},"signature":"SIGNATURE"}`;
    const canonical = `{"brand":"test","connectors":[],"generatedAt":"${generatedAt}","id":"x","metadata":{"a":9007199254740992,"b":0,"c":100000,"d":1.5},"ttlSeconds":60}`;
    await using server = await FaultyServer.start(answer(forged(json, canonical)));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.status().serviceMap.freshness).toBe('fresh');
  });

  it('fault 48: a map is rejected if its signature was computed over numbers that are not in canonical form', async () => {
    const generatedAt = now();
    const written = `{"brand":"test","connectors":[],"generatedAt":"${generatedAt}","id":"x","metadata":{"c":1E5},"ttlSeconds":60}`;
    const json = written.replace(/}$/, ',"signature":"SIGNATURE"}');
    await using server = await FaultyServer.start(answer(forged(json, written)));
    await using held = mapUnderTest(server.url);
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_SIGNATURE_MISMATCH' });
  });
});
