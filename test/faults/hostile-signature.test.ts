import { describe, expect, it } from 'vitest';
import { secret } from '../helpers/evidence.ts';
import { mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { mapOf, signed } from '../helpers/signed-map.ts';
import { type Hostile, now, refuses, resigned } from './forge.ts';

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const one = (): string => textOf(mapNow([off('a')]));
const hex = (signature: string): string => Buffer.from(signature, 'base64url').toString('hex');
const reencoded = (signature: string, change: (mac: Buffer) => Uint8Array): string =>
  Buffer.from(change(Buffer.from(signature, 'base64url'))).toString('base64url');

/** Flips an unused bit in the last of the 43 characters of a signature. The decoded bytes stay the same. */
const malleable = (signature: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return signature.slice(0, -1) + (alphabet[alphabet.indexOf(signature.at(-1) ?? '') ^ 1] ?? '');
};

/**
 * Returns the signature in plain base64. Its last character becomes a plus sign, because the signature might otherwise
 * be valid base64url, too.
 */
const plainBase64 = (signature: string): string =>
  Buffer.from(signature, 'base64url').toString('base64').replace('=', '').replace(/.$/, '+');

const MALFORMED = 'MAP_SIGNATURE_MALFORMED';
const MISMATCH = 'MAP_SIGNATURE_MISMATCH';

const HOSTILE: readonly Hostile[] = [
  ['fault 28: a map without a signature', 'MAP_SIGNATURE_MISSING', () => resigned(() => undefined)],
  ['fault 28: a map with an empty signature', 'MAP_SIGNATURE_MISSING', () => resigned(() => '')],
  ['fault 28: a value that was changed after signing', MISMATCH, () => one().replace('Connector a', 'Connector z')],
  ['fault 28: a field that was added after signing', MISMATCH, () => one().replace('{', '{"extra":1,')],
  [
    'fault 28: a list whose connector was removed after signing',
    MISMATCH,
    () => one().replace(/"connectors":\[.*\]/, '"connectors":[]'),
  ],
  [
    'fault 28: the signature of another map',
    MISMATCH,
    () => resigned(() => JSON.parse(textOf(mapNow([off('other')]))).signature),
  ],
  ['fault 28: a signature of zeros', MISMATCH, () => resigned(() => '0'.repeat(64))],
  [
    'fault 29: a signature by another key',
    MISMATCH,
    () => signed(mapOf([off('a')], { generatedAt: now() }), secret('other key')),
  ],
  ['fault 34: a truncated signature', MALFORMED, () => resigned((mac) => mac.slice(0, 22))],
  [
    'fault 34: a signature of 31 bytes',
    MALFORMED,
    () => resigned((mac) => reencoded(mac, (bytes) => bytes.subarray(1))),
  ],
  [
    'fault 34: a signature of 33 bytes',
    MALFORMED,
    () => resigned((mac) => reencoded(mac, (bytes) => Buffer.concat([bytes, bytes.subarray(0, 1)]))),
  ],
  ['fault 34: a signature with base64 padding', MALFORMED, () => resigned((mac) => `${mac}=`)],
  ['fault 34: a signature in plain base64', MALFORMED, () => resigned(plainBase64)],
  ['fault 34: another base64url encoding of the same signature', MALFORMED, () => resigned(malleable)],
  ['fault 34: white space before the signature', MALFORMED, () => resigned((mac) => ` ${mac}`)],
  ['fault 34: white space after the signature', MALFORMED, () => resigned((mac) => `${mac} `)],
  [
    'fault 34: a line break within the signature',
    MALFORMED,
    () => resigned((mac) => `${mac.slice(0, 20)}\n${mac.slice(20)}`),
  ],
  ['fault 34: a signature in upper-case hex', MALFORMED, () => resigned((mac) => hex(mac).toUpperCase())],
  ['fault 34: a truncated signature in hex', MALFORMED, () => resigned((mac) => hex(mac).slice(0, 62))],
  ['fault 34: a line break after a signature in hex', MALFORMED, () => resigned((mac) => `${hex(mac)}\n`)],
  ['fault 34: a signature that is a number', MALFORMED, () => resigned(() => 7)],
  ['fault 34: a signature that is null', MALFORMED, () => resigned(() => null)],
  ['fault 34: a signature in a list', MALFORMED, () => resigned((mac) => [mac])],
];

describe('a map with an invalid signature', () => refuses(HOSTILE));

it('fault 34: a map is accepted if its signature is in lower-case hex', async () => {
  const body = resigned(hex);
  await using held = mapUnderTest('http://map.invalid/', {
    fetchImpl: (async () => new Response(body)) as typeof fetch,
  });
  await held.manager.sync();
  expect(held.manager.listConnectors()).toHaveLength(1);
});

describe('fault 28: a signed map with any flipped byte', () => {
  it('fault 28: a signed map is rejected if a single bit of any byte is flipped, and the last good map stays in use', async () => {
    const target = mapNow([off('other')]);
    let body = mapNow([off('good')]);
    const fetchImpl = (async () => new Response(body)) as typeof fetch;
    await using held = mapUnderTest('http://map.invalid/', { fetchImpl });
    await held.manager.sync();
    for (const at of target.keys()) {
      body = target.map((byte, place) => (place === at ? byte ^ (1 << (at % 8)) : byte));
      await held.manager.sync(true);
      expect(held.manager.status().serviceMap, `byte ${at}`).toMatchObject({ freshness: 'fresh', revision: at + 1 });
      expect(held.manager.status().serviceMap.lastError?.code, `byte ${at}`).toMatch(/^MAP_/);
      expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['good']);
      // Each rejected map is followed by a good map, because three failed refreshes in a row would open the circuit.
      body = mapNow([off('good')]);
      await held.manager.sync(true);
    }
    expect(held.complaints()).toHaveLength(target.length);
  });
});
