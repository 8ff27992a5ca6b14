import { expect, it } from 'vitest';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { counterOf, mapUnderTest, off } from '../../helpers/map-under-test.ts';
import { KEY, mapOf } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';

const gauge = counterOf;
const HOUR_MS = 3_600_000;
const AGE = 'mcp_service_map_age_seconds';
const KEY_END = 'mcp_service_map_key_expires_in_seconds';
const HMAC_ONLY = 'mcp_service_map_hmac_only';

/** Returns the bytes of a map with these signatures. */
function signed(generatedAtMs: number, options: Parameters<typeof signServiceMap>[1]): Uint8Array<ArrayBuffer> {
  const map = mapOf([off('a')], { generatedAt: new Date(generatedAtMs).toISOString() });
  return new TextEncoder().encode(JSON.stringify(signServiceMap(map, options)));
}

it('gauges show the age of a map, and the time until a key that signed it expires', async () => {
  let now = Date.now();
  const exp = Math.floor(now / 1000) + 7200;
  const [lasting, ending] = [newKey('lasting'), newKey('ending', 'EdDSA', { exp })];
  await using server = await MapServer.start(signed(now, { keys: [lasting, ending] }));
  await using held = mapUnderTest(server.url, {
    now: () => now,
    signatureKeys: jwksOf(lasting, ending),
    accept: 'signature',
  });
  await held.manager.sync();
  now += 60_000;
  expect(await gauge(AGE, {})).toBeCloseTo(60, 0);
  expect(await gauge(KEY_END, {})).toBeCloseTo(7140, -1);
  expect(await gauge(HMAC_ONLY, {})).toBe(0);
});

it('a gauge counts the maps that are signed only with an HMAC although public keys are configured', async () => {
  await using server = await MapServer.start(signed(Date.now(), { hmacKey: KEY }));
  const keys = jwksOf(newKey('a'));
  await using held = mapUnderTest(server.url, { signatureKey: KEY, signatureKeys: keys, accept: 'either' });
  await held.manager.sync();
  expect(await gauge(HMAC_ONLY, {})).toBe(1);
  expect(await gauge(KEY_END, {})).toBe(0);
  await using other = mapUnderTest(`${server.url}/other`, { signatureKey: KEY });
  await other.manager.sync();
  expect(await gauge(HMAC_ONLY, {})).toBe(1);
});

it('counters count maps that lost their public-key signatures, and maps that were dropped because they were too old', async () => {
  let now = Date.now();
  const downgraded = { outcome: 'failed', code: 'MAP_SIGNATURE_DOWNGRADED' };
  const before = await counterOf('mcp_service_map_refresh_total', downgraded);
  const dropped = await counterOf('mcp_service_map_alarms_total', { code: 'MAP_TOO_STALE' });
  const key = newKey('a');
  await using server = await MapServer.start(signed(now, { keys: [key], hmacKey: KEY }));
  await using held = mapUnderTest(server.url, {
    ...{ now: () => now, signatureKey: KEY, signatureKeys: jwksOf(key), accept: 'either', maxStaleMs: HOUR_MS },
  });
  await held.manager.sync();
  server.serve(signed(now + 1_000, { hmacKey: KEY }));
  await held.manager.sync(true).catch(() => {});
  expect(await counterOf('mcp_service_map_refresh_total', downgraded)).toBe(before + 1);
  now += 3 * HOUR_MS;
  expect(held.manager.status().serviceMap.dropped).toMatchObject({ code: 'MAP_TOO_STALE' });
  expect(await counterOf('mcp_service_map_alarms_total', { code: 'MAP_TOO_STALE' })).toBe(dropped + 1);
});
