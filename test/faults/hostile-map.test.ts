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

/** Each with the row of the fault catalogue. */
const HOSTILE: readonly Hostile[] = [
  ['40 a ttl of 0', 'MAP_TTL_INVALID', ttl(0)],
  ['40 a negative ttl', 'MAP_TTL_INVALID', ttl(-60)],
  ['40 a ttl of half a second', 'MAP_TTL_INVALID', ttl(0.5)],
  ['40 a ttl of 1e308', 'MAP_TTL_INVALID', ttl(1e308)],
  ['40 a ttl beyond 30 days', 'MAP_TTL_INVALID', ttl(30 * 86_400 + 1)],
  ['40 a ttl that is text', 'MAP_TTL_INVALID', ttl('60')],
  ['40 a ttl that is NaN, which JSON makes null', 'MAP_TTL_INVALID', ttl(null)],
  ['40 a ttl in a list', 'MAP_TTL_INVALID', ttl([60])],
  ['40 no ttl', 'MAP_TTL_INVALID', ttl(undefined)],
  ['38 a date that is a number', 'MAP_SCHEMA', dated(Date.now())],
  ['38 a date that does not exist', 'MAP_SCHEMA', dated('2026-02-30T00:00:00Z')],
  ['38 a date without its time zone', 'MAP_SCHEMA', dated('2026-11-23T12:00:00')],
  ['42 one id twice', 'MAP_DUPLICATE_ID', () => mapNow([off('a'), off('a')])],
  ['44 depth 200 000, in lists', 'MAP_TOO_DEEP', () => '['.repeat(200_000)],
  ['44 depth 100 000, in objects', 'MAP_TOO_DEEP', () => '{"a":'.repeat(100_000)],
  ['44 depth 65', 'MAP_TOO_DEEP', metadata(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`)],
  ['45 __proto__ as a key', 'MAP_FORBIDDEN_KEY', metadata('{"__proto__":{"polluted":true}}')],
  ['45 __proto__, escaped and deep', 'MAP_FORBIDDEN_KEY', metadata('{"a":[{"\\u005f_proto__":{"polluted":true}}]}')],
  ['45 constructor as a key', 'MAP_FORBIDDEN_KEY', metadata('{"a":{"constructor":{"prototype":{"polluted":true}}}}')],
  ['45 __proto__ as an id', 'MAP_ID_INVALID', id('__proto__')],
  ['46 a key twice', 'MAP_DUPLICATE_KEY', metadata('{"a":1,"b":{},"a":2}')],
  ['46 a key twice, once escaped', 'MAP_DUPLICATE_KEY', metadata('{"a":1,"\\u0061":2}')],
  ['46 a key twice at the top', 'MAP_DUPLICATE_KEY', metadata('{},"brand":"other"')],
  ['48 a number beyond a double', 'MAP_NOT_REPRESENTABLE', metadata('{"a":1e400}')],
  ['48 a number below a double', 'MAP_NOT_REPRESENTABLE', metadata('[[-1e400]]')],
  ['49 a lone surrogate', 'MAP_NOT_REPRESENTABLE', metadata('{"a":"\\ud800"}')],
  ['49 two surrogates the wrong way round', 'MAP_NOT_REPRESENTABLE', metadata('{"a":"\\udc00\\ud800"}')],
  ['49 a lone surrogate in a key', 'MAP_NOT_REPRESENTABLE', metadata('{"\\udc00":1}')],
  ['50 no id', 'MAP_ID_INVALID', id('')],
  ['50 a path for an id', 'MAP_ID_INVALID', id('../x')],
  ['50 the parent folder for an id', 'MAP_ID_INVALID', id('..')],
  ['50 a path of Windows for an id', 'MAP_ID_INVALID', id('a\\b')],
  ['50 an option for an id', 'MAP_ID_INVALID', id('-rf')],
  ['50 a NUL in an id', 'MAP_ID_INVALID', id('a\0b')],
  ['50 a line break behind an id', 'MAP_ID_INVALID', id('a\n')],
  ['50 an override of direction in an id', 'MAP_ID_INVALID', id('a\u202eb')],
  ['50 a space without width in an id', 'MAP_ID_INVALID', id('a\u200bb')],
  ['50 a letter of another alphabet in an id', 'MAP_ID_INVALID', id('\u0430dmin')],
  ['50 an id of 129 characters', 'MAP_ID_INVALID', id('a'.repeat(129))],
  ['50 an id of 64 KB', 'MAP_ID_INVALID', id('a'.repeat(65_536))],
  ['50 a script for an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('javascript:alert(1)')],
  ['50 a file for an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('file:///etc/passwd')],
  ['50 data for an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('data:text/html,x')],
  ['50 an endpoint without a scheme', 'MAP_ENDPOINT_INVALID', endpoint('//host/mcp')],
  ['50 credentials in an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('http://user:pw@host/')],
  ['50 a user in an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('http://user@host/')],
  ['50 a NUL in the host of an endpoint', 'MAP_ENDPOINT_INVALID', endpoint('http://ho\0st/')],
  ['50 an endpoint of 64 KB', 'MAP_ENDPOINT_INVALID', endpoint(`http://host/${'a'.repeat(65_536)}`)],
  ['50 a header that ends the header', 'MAP_SCHEMA', () => mapNow([off('a', { headers: { 'x-a': 'b\r\nx-c: d' } })])],
  ['50 a header whose name ends the header', 'MAP_SCHEMA', () => mapNow([off('a', { headers: { 'x\r\ny': 'b' } })])],
  ['51 null for connectors', 'MAP_SCHEMA', () => signed({ ...mapOf([], { generatedAt: now() }), connectors: null })],
  ['51 null for a map', 'MAP_SCHEMA', () => 'null'],
  ['51 a list for a map', 'MAP_SCHEMA', () => '[]'],
];

// Whatever a map holds, no other object of this process may ever show it.
afterEach(() => expect([({} as Json).polluted, ([] as unknown as Json).polluted]).toEqual([undefined, undefined]));

describe('a hostile map', () => refuses(HOSTILE));

// URL parsers drop or mend these, each in its own way: what is shown, logged or handed on is then not what is connected to.
describe('50 an endpoint that is not what it looks like', () => {
  it.each([
    ['with a line break in its host', 'http://ho\nst/'],
    ['with a header behind it', 'http://127.0.0.1:9/\r\nx-evil: 1'],
    ['with a tab in its scheme', 'ht\ttp://host/'],
    ['behind a space', ' http://host/'],
    ['before a NUL', 'http://host/\0'],
    ['with an override of direction', 'http://host/\u202egnp.exe'],
  ])('%s is refused with MAP_ENDPOINT_INVALID', async (_, url) => {
    await using server = await FaultyServer.start(answer(endpoint(url)()));
    await using held = mapUnderTest(server.url);
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_ENDPOINT_INVALID' });
  });
});

describe('an unusual map that is right', () => {
  it('45 may call connectors as objects call their members', async () => {
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

  it('48 may write numbers in any way: what counts is their canonical form', async () => {
    const generatedAt = now();
    const json = `{"id":"x","brand":"test","generatedAt":"${generatedAt}","ttlSeconds":6E1,"connectors":[],"metadata":{"a":9007199254740993,"b":-0,"c":1E5,"d":1.50},"signature":"SIGNATURE"}`;
    const canonical = `{"brand":"test","connectors":[],"generatedAt":"${generatedAt}","id":"x","metadata":{"a":9007199254740992,"b":0,"c":100000,"d":1.5},"ttlSeconds":60}`;
    await using server = await FaultyServer.start(answer(forged(json, canonical)));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.status().serviceMap.freshness).toBe('fresh');
  });

  it('48 is refused where its signature covers the numbers as they were written', async () => {
    const generatedAt = now();
    const written = `{"brand":"test","connectors":[],"generatedAt":"${generatedAt}","id":"x","metadata":{"c":1E5},"ttlSeconds":60}`;
    const json = written.replace(/}$/, ',"signature":"SIGNATURE"}');
    await using server = await FaultyServer.start(answer(forged(json, written)));
    await using held = mapUnderTest(server.url);
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_SIGNATURE_MISMATCH' });
  });
});
