import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WriterClient } from '../../../src/main/writer/writer-client.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import type { Ended } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { off } from '../../helpers/map-under-test.ts';
import { KEY, mapOf } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

let dir: TempDir;
beforeEach(() => {
  dir = new TempDir();
});
afterEach(() => dir[Symbol.dispose]());

const key = newKey('soon', 'EdDSA', { exp: Math.floor(Date.now() / 1000) + 3 * 86_400 });
const at = (name: string): string => join(dir.path, name);

async function served(options: Parameters<typeof signServiceMap>[1]): Promise<MapServer> {
  const map = mapOf([off('a')], { generatedAt: new Date().toISOString() });
  return await MapServer.start(new TextEncoder().encode(JSON.stringify(signServiceMap(map, options))));
}

function on(server: MapServer, command: string, ...more: string[]): Promise<Ended> {
  const args = [command, '--service-map', server.url, '--keys', at('keys.json'), '--state-dir', at('state'), ...more];
  return runCliHere(args, { env: { CONNECTORS_SIGNATURE_KEY: KEY } });
}

it('`doctor` says which keys expire soon, and `status` says who signed the map', async () => {
  writeFileSync(at('keys.json'), JSON.stringify(jwksOf(key)));
  await using server = await served({ keys: [key] });
  const doctor = await on(server, 'doctor');
  expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringMatching(/✔ keys .* has 1 public key/)]);
  expect(doctor.stdout).toMatch(/• trust {5}the configured key "soon" expires at .*keys rotate/);
  const status = await on(server, 'status');
  expect([status.code, status.stdout]).toEqual([
    0,
    expect.stringMatching(/signed by soon \([\w-]{8}…\) until 20.*, key until 20/),
  ]);
  expect(status.stdout).toMatch(/ {11}\d+ s old\n {11}the configured keys count; no earlier key document/);
});

it('`doctor` warns about `--accept either`, and about a map that has only an HMAC', async () => {
  writeFileSync(at('keys.json'), JSON.stringify(jwksOf(key)));
  await using server = await served({ hmacKey: KEY });
  const { code, stdout } = await on(server, 'doctor', '--accept', 'either');
  expect([code, stdout]).toEqual([0, expect.stringContaining('--accept either trusts everybody')]);
  expect(stdout).toContain('the map is signed by its HMAC alone, though public keys are configured');
  expect((await on(server, 'status', '--accept', 'either')).stdout).toContain('signed by HMAC alone, though');
});

it('`doctor` reports broken key documents, and how to reset a minimum map time that is in the future', async () => {
  writeFileSync(at('keys.json'), JSON.stringify(jwksOf(key)));
  writeFileSync(at('doc.1.json'), '{"signatures":[]}');
  await using server = await served({ keys: [key] });
  const bad = await on(server, 'doctor', '--key-documents', at('doc.{version}.json'));
  expect([bad.code, bad.stdout]).toEqual([1, expect.stringMatching(/✖ trust {5}KEYS_INVALID/)]);
  const writer = new WriterClient(at('state'));
  const generatedAtMs = Date.now() + 86_400_000;
  const map = {
    storeKey: 'e'.repeat(64),
    etag: null,
    body: new Uint8Array([1]),
    generatedAtMs,
    savedAtMs: generatedAtMs,
  };
  await writer.saveMap(map, { url: 'https://maps.example.com/map', isSigned: false, mapId: null });
  await writer.close();
  const { code, stdout } = await on(server, 'doctor');
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/✖ floor .*maps\.example\.com\/map is 20.*reset-floor --source/),
  ]);
});
