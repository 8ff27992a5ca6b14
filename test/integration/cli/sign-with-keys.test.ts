import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentOf } from '../../../src/shared/load/map-content.ts';
import { MAP_JWS_TYPE } from '../../../src/shared/signatures/jws.ts';
import { signJws } from '../../../src/shared/signatures/sign-jws.ts';
import { readSigningKey } from '../../../src/shared/signatures/signing-key.ts';
import { type Ended, runCli } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { secret } from '../../helpers/evidence.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { entry, KEY, mapOf } from '../../helpers/signed-map.ts';
import { jwksOf, newKey, type PrivateJwk } from '../../helpers/signing-keys.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const OLD_KEY = secret('old key of the map');
const env = { MAP_KEY: KEY, OLD_KEY };
const [a, b, unknown] = [newKey('a'), newKey('b', 'ES256'), newKey('unknown')];
const expired = newKey('expired', 'EdDSA', { exp: 1 });

let dir: TempDir;
const at = (name: string): string => join(dir.path, name);
const write = (name: string, value: unknown): void => writeFileSync(at(name), JSON.stringify(value), { mode: 0o600 });
const signedMap = () => JSON.parse(readFileSync(at('signed.json'), 'utf8'));
const kidsOf = (map: { signatures?: string[] }) =>
  (map.signatures ?? []).map((jws) => JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).kid);

/** Everything that the commands printed. It must not contain a private key. */
let printed = '';
async function run(...args: string[]): Promise<Ended> {
  const ended = await runCliHere(args, { env });
  printed += ended.stdout + ended.stderr;
  return ended;
}
const sign = (...more: string[]): Promise<Ended> => run('sign', at('map.json'), '--out', at('signed.json'), ...more);
const verify = (...more: string[]): Promise<Ended> => run('verify', at('signed.json'), ...more);

beforeEach(() => {
  dir = new TempDir();
  printed = '';
  for (const key of [a, b, unknown, expired]) write(`${key.kid}.jwk`, key);
  write('keys.json', jwksOf(a, b));
  write('map.json', mapOf([entry('one')], { generatedAt: new Date().toISOString() }));
});
afterEach(() => {
  for (const key of [a, b, unknown, expired] as readonly PrivateJwk[]) expect(printed).not.toContain(key.d);
  dir[Symbol.dispose]();
});

describe('mcp-switchyard sign --key', () => {
  it('`sign --key` signs with each private key, and adds no HMAC even if `CONNECTORS_SIGNATURE_KEY` is set', async () => {
    const args = ['sign', at('map.json'), '--key', at('a.jwk'), '--key', at('b.jwk'), '--out', at('signed.json')];
    const { code, stdout, stderr } = await runCli([...args, '--json'], { env: { CONNECTORS_SIGNATURE_KEY: KEY } });
    printed += stdout + stderr;
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { ok: true, signature: null, signatures: [{ kid: 'a' }, {}] },
    ]);
    const map = signedMap();
    expect([map.signature, kidsOf(map)]).toEqual([undefined, ['a', 'b']]);
    const verified = await verify('--keys', at('keys.json'), '--threshold', '2');
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringContaining('signed by 2 trusted keys, and 2 must'),
    ]);
    expect(verified.stdout).toMatch(/ {4}a \(EdDSA, [\w-]{43}\): valid until 20/);
  });

  it('`sign --key` adds an HMAC over the map and its signatures when --key-env is given', async () => {
    expect((await sign('--key', at('a.jwk'), '--key-env', 'MAP_KEY')).code).toBe(0);
    const both = ['--keys', at('keys.json'), '--key-env', 'OLD_KEY', '--key-env', 'MAP_KEY'];
    const verified = await verify(...both);
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringContaining('by key 2 of 2; signed by 1 trusted key'),
    ]);
    expect((await verify('--key-env', 'MAP_KEY')).code).toBe(0);
    const { signatures: _signatures, ...stripped } = signedMap();
    write('signed.json', stripped);
    expect((await verify('--key-env', 'MAP_KEY')).stdout).toContain('MAP_SIGNATURE_MISMATCH');
  });

  it('`sign --key` replaces all signatures, and with `--add` keeps the signatures of other keys', async () => {
    await sign('--key', at('a.jwk'));
    await run('sign', at('signed.json'), '--add', '--key', at('b.jwk'), '--out', at('signed.json'));
    expect(kidsOf(signedMap())).toEqual(['a', 'b']);
    await run('sign', at('signed.json'), '--add', '--key', at('a.jwk'), '--out', at('signed.json'));
    expect(kidsOf(signedMap()).sort()).toEqual(['a', 'b']);
    expect((await verify('--keys', at('keys.json'), '--threshold', '2')).code).toBe(0);
    await run('sign', at('signed.json'), '--key', at('b.jwk'), '--out', at('signed.json'));
    expect(kidsOf(signedMap())).toEqual(['b']);
  });

  it('`sign --add` drops signatures that were made for another map, and is rejected together with `--stamp`', async () => {
    await sign('--key', at('a.jwk'));
    write('map.json', { ...signedMap(), brand: 'another' });
    const { stderr } = await sign('--add', '--key', at('b.jwk'));
    expect([kidsOf(signedMap()), stderr]).toEqual([
      ['b'],
      expect.stringContaining('The signature by a is of another map'),
    ]);
    expect(await sign('--add', '--stamp', '--key', at('b.jwk'))).toMatchObject({ code: 2 });
  });

  it('`sign --add --key-env` adds an HMAC to a map that has a signature', async () => {
    await sign('--key', at('a.jwk'));
    await run('sign', at('signed.json'), '--add', '--key-env', 'MAP_KEY', '--out', at('signed.json'));
    expect((await verify('--keys', at('keys.json'), '--key-env', 'MAP_KEY')).code).toBe(0);
  });

  it('`sign` uses the key of the first `--key-env` for the HMAC if there are several', async () => {
    const { code, stderr } = await sign('--key-env', 'MAP_KEY', '--key-env', 'OLD_KEY');
    expect([code, stderr]).toEqual([0, expect.stringContaining('of the first --key-env, MAP_KEY')]);
    expect((await verify('--key-env', 'MAP_KEY')).code).toBe(0);
  });

  it('`sign --key` reports that an existing HMAC was removed', async () => {
    await sign('--key-env', 'MAP_KEY');
    const { stderr } = await run('sign', at('signed.json'), '--key', at('a.jwk'), '--out', at('signed.json'));
    expect([signedMap().signature, stderr]).toEqual([undefined, expect.stringContaining('The old HMAC was removed')]);
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['an expired key', ['--key', 'expired.jwk'], 2, /The key "expired" expired at 1970-01-01T00:00:01.000Z/],
    ['a missing key file', ['--key', 'none.jwk'], 2, /no file .*none\.jwk, which --key names/],
    ['a set of public keys', ['--key', 'keys.json'], 1, /keys\.json of --key is not a private key/],
    ['an unset variable', ['--key', 'a.jwk', '--key-env', 'NOPE'], 2, /variable NOPE, which --key-env/],
  ])('`sign --key` rejects %s', async (_, args, code, message) => {
    const given = args.map((arg) => (/\.(jwk|json)$/.test(arg) ? at(arg) : arg));
    expect(await sign(...given)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });

  it('`sign` names the options for a key if no key is given', async () => {
    const { code, stderr } = await sign();
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--key FILE .*CONNECTORS_SIGNATURE_KEY.*--key-env/)]);
  });
});

describe('mcp-switchyard verify --keys', () => {
  it('`verify --keys` lists each signature with its key, and says why a signature is not trusted', async () => {
    await sign('--key', at('a.jwk'), '--key', at('unknown.jwk'));
    const { code, stdout } = await verify('--keys', at('keys.json'), '--threshold', '2', '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      {
        ok: false,
        checks: [{}, { check: 'signature', failure: { code: 'MAP_SIGNATURE_UNTRUSTED' } }, {}, {}],
        signatures: [
          { kid: 'a', problem: null, thumbprint: expect.stringMatching(/^[\w-]{43}$/) },
          { kid: 'unknown', thumbprint: null, problem: { code: 'MAP_SIGNATURE_UNTRUSTED' } },
        ],
      },
    ]);
  });

  it('`verify --keys` reports an expired signature even if its date is too early for a JavaScript `Date`', async () => {
    const map = JSON.parse(readFileSync(at('map.json'), 'utf8'));
    const payload = { map: map.id, generatedAt: map.generatedAt, exp: -1e308, digest: contentOf(map).digest() };
    write('signed.json', { ...map, signatures: [signJws(payload, readSigningKey(a), MAP_JWS_TYPE)] });
    const { code, stdout, stderr } = await verify('--keys', at('keys.json'));
    expect([code, stdout, stderr]).toEqual([1, expect.stringContaining('MAP_EXPIRED'), '']);
    write('late.json', jwksOf({ ...a, exp: 1e300, nbf: -1e300 }));
    expect(await run('keys', 'list', at('late.json'))).toMatchObject({ code: 0 });
  });

  it('`verify --keys` rejects a map without a signature, with an id other than `--map-id`, or older than `--max-stale`', async () => {
    await sign('--key-env', 'MAP_KEY');
    expect((await verify('--keys', at('keys.json'))).stdout).toContain('✖ signature MAP_SIGNATURE_MISSING');
    await sign('--key', at('a.jwk'));
    expect((await verify('--keys', at('keys.json'), '--map-id', 'x')).stdout).toContain('✖ signature MAP_ID_MISMATCH');
    write('map.json', mapOf([entry('one')], { generatedAt: '2026-01-01T00:00:00.000Z' }));
    await sign('--key', at('a.jwk'));
    expect((await verify('--keys', at('keys.json'))).stdout).toContain('✖ time      MAP_EXPIRED');
    const stale = await verify('--keys', at('keys.json'), '--max-stale', '1000');
    expect(stale.stdout).toContain('✖ time      MAP_TOO_STALE');
  });

  it('`verify --keys` accepts a map with a signature but without an HMAC if `--accept either` is given', async () => {
    await sign('--key', at('a.jwk'));
    const either = ['--keys', at('keys.json'), '--key-env', 'MAP_KEY'];
    expect(await verify(...either)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('MAP_SIGNATURE_MISSING'),
    });
    expect(await verify(...either, '--accept', 'either')).toMatchObject({ code: 0 });
  });

  it('`verify --keys` verifies a map with the current keys, which it finds in the key documents', async () => {
    const documents = at('doc.{version}.json');
    write('first.json', jwksOf(a));
    write('second.json', jwksOf(b));
    const rotate = ['keys', 'rotate', '--documents', documents, '--key', at('a.jwk')];
    await run(...rotate, '--keys', at('first.json'));
    await run(...rotate, '--keys', at('second.json'), '--remove', 'a', '--key', at('b.jwk'));
    await sign('--key', at('b.jwk'));
    await using server = await MapServer.start(readFileSync(at('signed.json')));
    const flags = ['--keys', at('first.json'), '--key-documents', documents];
    expect(await run('verify', server.url, ...flags)).toMatchObject({ code: 0 });
    expect(await verify(...flags, '--min-version', '2')).toMatchObject({ code: 0 });
    expect(await verify(...flags, '--min-version', '3')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('KEYS_ROLLED_BACK'),
    });
    await run(
      'keys',
      'revoke',
      'b',
      '--documents',
      documents,
      '--keys',
      at('first.json'),
      '--key',
      at('b.jwk'),
      '--key',
      at('a.jwk'),
    );
    expect(await verify(...flags)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/MAP_KEY_REVOKED|MAP_SIGNATURE_UNTRUSTED/),
    });
  });

  it('`verify --keys` names the option if a key file is missing', async () => {
    const { code, stderr } = await verify('--keys', at('none.json'));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/none\.json, which --keys names/)]);
  });
});
