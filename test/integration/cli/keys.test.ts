import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { type Ended, runCli } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

let dir: TempDir;
beforeEach(() => {
  dir = new TempDir();
});
afterEach(() => dir[Symbol.dispose]());

const at = (name: string): string => join(dir.path, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');
const json = (name: string) => JSON.parse(read(name));
const DOCUMENTS = 'keys.{version}.json';

/** Everything that the runs of one test printed. */
let printed = '';
async function keys(...args: string[]): Promise<Ended> {
  const ended = await runCliHere(['keys', ...args]);
  printed += ended.stdout + ended.stderr;
  return ended;
}

/** Creates a key in `NAME.jwk` and `NAME.json`. */
async function newKey(name: string, ...more: string[]): Promise<void> {
  const { code } = await keys(
    'new',
    '--out',
    at(`${name}.jwk`),
    '--public',
    at(`${name}.json`),
    '--kid',
    name,
    ...more,
  );
  expect(code).toBe(0);
}

/** Writes the next document, signed with the named keys. */
function rotate(signers: readonly string[], ...more: string[]): Promise<Ended> {
  return keys(
    'rotate',
    '--documents',
    at(DOCUMENTS),
    ...signers.flatMap((name) => ['--key', at(`${name}.jwk`)]),
    ...more,
  );
}

const list = async (...more: string[]) => JSON.parse((await keys('list', at(DOCUMENTS), '--json', ...more)).stdout);

/** Checks that no private key of the test's folder was printed. */
function expectNoPrivateKey(): void {
  const secrets = readdirSync(dir.path).flatMap((name) => (name.endsWith('.jwk') ? [String(json(name).d)] : []));
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets) expect(printed).not.toContain(secret);
  expect(printed).not.toContain('"d"');
}

describe('mcp-switchyard keys new', () => {
  it.each(['EdDSA', 'ES256'])(
    '`keys new` writes a private %s key that only its owner can read, and adds the public key to a JWKS',
    async (alg) => {
      const args = [
        'keys',
        'new',
        '--out',
        at('k.jwk'),
        '--public',
        at('k.json'),
        '--alg',
        alg,
        '--expires',
        '2',
        '--json',
      ];
      const { code, stdout, stderr } = await runCli(args);
      expect(code).toBe(0);
      const { d, ...jwk } = json('k.jwk');
      expect(d).toMatch(/^[\w-]{43}$/);
      expect(stdout + stderr).not.toContain(d);
      expect(json('k.json')).toEqual({ keys: [jwk] });
      expect(statSync(at('k.jwk')).mode & 0o777).toBe(0o600);
      const { kid, thumbprint, expiresAt } = JSON.parse(stdout);
      expect([jwk.kid, jwk.alg, thumbprint]).toEqual([kid, alg, thumbprintOf(jwk)]);
      expect(kid).toBe(`${new Date().toISOString().slice(0, 10)}-${thumbprint.slice(0, 8)}`);
      expect(Date.parse(expiresAt)).toBe(jwk.exp * 1000);
    },
  );

  it('`keys new` never overwrites a private key without --force', async () => {
    await newKey('a');
    const before = read('a.jwk');
    const args = ['new', '--out', at('a.jwk'), '--public', at('b.json')];
    const refused = await keys(...args);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('already exists; give --force')]);
    expect([read('a.jwk'), readdirSync(dir.path).sort()]).toEqual([before, ['a.json', 'a.jwk']]);
    chmodSync(at('a.jwk'), 0o644);
    expect((await keys(...args, '--force')).code).toBe(0);
    expect([read('a.jwk') === before, statSync(at('a.jwk')).mode & 0o777]).toEqual([false, 0o600]);
    expectNoPrivateKey();
  });

  it('`keys new` writes no file if the folder for the public key does not exist', async () => {
    const { code, stderr } = await keys('new', '--out', at('a.jwk'), '--public', at('missing/a.json'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('missing of --public (ENOENT)')]);
    expect(readdirSync(dir.path)).toEqual([]);
  });

  it('`keys new` adds a key to an existing JWKS file, and rejects a `kid` that the file already contains', async () => {
    await newKey('a');
    chmodSync(at('a.json'), 0o640);
    symlinkSync(at('a.json'), at('link.json'));
    expect((await keys('new', '--out', at('b.jwk'), '--public', at('link.json'), '--kid', 'b')).code).toBe(0);
    expect(json('a.json').keys.map((key: { kid: string }) => key.kid)).toEqual(['a', 'b']);
    expect([lstatSync(at('link.json')).isSymbolicLink(), statSync(at('a.json')).mode & 0o777]).toEqual([true, 0o640]);
    const again = await keys('new', '--out', at('c.jwk'), '--public', at('a.json'), '--kid', 'b');
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('already has a key with the kid b')]);
    expect(readdirSync(dir.path)).not.toContain('c.jwk');
  });

  it.each<[string, readonly string[], RegExp]>([
    ['`--out -`, which would print the private key', ['--out', '-', '--public', 'p.json'], /never printed/],
    ['the same file for both keys', ['--out', 'k', '--public', './k'], /name the same file/],
    [
      'a kid with terminal control characters',
      ['--out', 'k', '--public', 'p', '--kid', 'a\u001b[31m'],
      /visible ASCII/,
    ],
    ['an unknown algorithm', ['--out', 'k', '--public', 'p', '--alg', 'RS256'], /Allowed choices/],
    ['a missing file name', ['--out', 'k'], /--public <file>.*not specified/],
  ])('`keys new` rejects %s', async (_, args, message) => {
    const { code, stderr } = await keys('new', ...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('`keys new` adds no key to a file that holds private keys or is not a JWKS', async () => {
    await newKey('a');
    writeFileSync(at('private.json'), JSON.stringify({ keys: [json('a.jwk')] }));
    writeFileSync(at('list.json'), '[]');
    const toPrivate = await keys('new', '--out', at('b.jwk'), '--public', at('private.json'));
    expect([toPrivate.code, toPrivate.stderr]).toEqual([1, expect.stringContaining('KEYS_INVALID')]);
    const toList = await keys('new', '--out', at('b.jwk'), '--public', at('list.json'));
    expect([toList.code, toList.stderr]).toEqual([2, expect.stringContaining('is not a JWKS')]);
    expectNoPrivateKey();
  });
});

describe('mcp-switchyard keys rotate, revoke and list', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) await newKey(name);
    expect((await rotate(['a'], '--keys', at('a.json'))).code).toBe(0);
  });
  afterEach(() => expectNoPrivateKey());

  it('`keys rotate` writes key documents that `keys list` accepts in their order', async () => {
    expect((await rotate(['a', 'b'], '--keys', at('b.json'))).code).toBe(0);
    expect((await rotate(['a', 'b'], '--remove', 'a')).code).toBe(0);
    const listed = await list('--keys', at('a.json'));
    expect(listed).toMatchObject({
      ok: true,
      documents: [
        { version: 1, problem: null },
        { version: 2, signedBy: ['a', 'b'] },
        { version: 3, threshold: 1 },
      ],
      keys: [{ kid: 'b', isRoot: true }],
    });
    const text = await keys('list', at(DOCUMENTS), '--keys', at('a.json'));
    expect([text.code, text.stdout]).toEqual([
      0,
      expect.stringMatching(/✔ document 3 .*\n\n.*\n.*\n {2}b {4}EdDSA .* root$/m),
    ]);
  });

  it('`keys list` lists key documents that it downloads from an HTTP server', async () => {
    await rotate(['a']);
    await using server = await MapServer.start();
    server.answer((request, response) => {
      const name = request.url?.slice(1) ?? '';
      if (readdirSync(dir.path).includes(name)) response.end(read(name));
      else response.writeHead(404).end();
    });
    const place = new URL(DOCUMENTS, server.url).href.replace('%7B', '{').replace('%7D', '}');
    const { code, stdout } = await keys('list', place, '--keys', at('a.json'), '--json');
    expect([code, JSON.parse(stdout).documents.length]).toEqual([0, 2]);
  });

  it('`keys rotate` writes no key document that hosts would reject, and names the missing signatures', async () => {
    const before = readdirSync(dir.path);
    const { code, stderr } = await rotate(['b'], '--keys', at('b.json'));
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('0 of the roots of version 1 signed, but 1 must (missing: a'),
    ]);
    const own = await rotate(['a'], '--keys', at('b.json'), '--threshold', '2');
    expect(own.stderr).toContain('1 of the new roots signed, but 2 must (missing: b).');
    expect(readdirSync(dir.path)).toEqual(before);
  });

  it('`keys rotate --partial` suggests a command that completes the first key document', async () => {
    const first = at('first.{version}.json');
    expect((await keys('new', '--out', at('d.jwk'), '--public', at('a.json'), '--kid', 'd')).code).toBe(0);
    const both = ['--roots', 'a', 'd', '--threshold', '2', '--partial'];
    const own = ['--documents', first, '--keys', at('a.json'), '--key', at('a.jwk')];
    const { code, stderr } = await keys('rotate', ...own, ...both);
    expect(code).toBe(0);
    expect(stderr).toContain(`keys sign-document --documents '${first}' --keys ${at('a.json')} --key FILE`);
  });

  it('a second key holder can complete a key document that `keys rotate --partial` wrote', async () => {
    expect((await rotate(['a', 'b'], '--keys', at('b.json'), '--threshold', '2')).code).toBe(0);
    const first = await rotate(['a'], '--keys', at('c.json'), '--roots', 'a', 'b', '--partial');
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('keys sign-document --documents')]);
    expect(readdirSync(dir.path)).toContain('keys.3.json.partial');
    expect((await list('--keys', at('a.json'))).documents).toHaveLength(2);
    const sign = ['sign-document', '--documents', at(DOCUMENTS), '--key'];
    const wrong = await keys(...sign, at('c.jwk'));
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('None of the keys given with --key is a root'),
    ]);
    expect((await keys(...sign, at('b.jwk'))).code).toBe(0);
    expect(readdirSync(dir.path).filter((name) => name.includes('keys.3'))).toEqual(['keys.3.json']);
    expect(await list('--keys', at('a.json'))).toMatchObject({
      ok: true,
      documents: [{}, {}, { version: 3, signedBy: ['a', 'b'], threshold: 2 }],
      keys: [{ isRoot: true }, { isRoot: true }, { kid: 'c', isRoot: false }],
    });
  });

  it('`keys revoke` revokes a key, and `keys list` shows the thumbprint of the revoked key', async () => {
    await rotate(['a', 'b'], '--keys', at('b.json'));
    const named = ['revoke', 'a', '--documents', at(DOCUMENTS)];
    expect((await keys(...named, '--key', at('b.jwk'))).code).toBe(0);
    const listed = await list('--keys', at('a.json'));
    expect(listed.documents[2].revoked).toEqual([thumbprintOf(json('a.jwk'))]);
    expect(listed.keys).toMatchObject([{ kid: 'b' }]);
    const again = await keys('revoke', 'b', '--documents', at(DOCUMENTS), '--key', at('b.jwk'));
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringContaining('1 roots must sign, but only 0 would be left'),
    ]);
  });

  it('`keys list` reports a key document whose signature is wrong', async () => {
    await rotate(['a']);
    const { signatures } = json('keys.2.json');
    writeFileSync(at('keys.2.json'), JSON.stringify({ signatures: [signatures[0].replace(/.{4}$/, 'AAAA')] }));
    const { code, stdout } = await keys('list', at(DOCUMENTS), '--keys', at('a.json'));
    expect([code, stdout]).toEqual([1, expect.stringMatching(/✖ document 2 .*\n {2}KEYS_UNTRUSTED/)]);
    const next = await rotate(['a']);
    expect([next.code, next.stderr]).toEqual([1, expect.stringContaining('KEYS_UNTRUSTED')]);
  });

  it.each<[string, readonly string[], RegExp]>([
    [
      'a pattern without a version',
      ['--documents', 'keys.json', '--key', 'a'],
      /must contain \{version\} exactly once/,
    ],
    ['a URL to write to', ['--documents', 'https://m.example/{version}', '--key', 'a'], /must be a path, not a URL/],
    ['no key to sign with', ['--documents', 'k.{version}'], /--key <file\.\.\.>.*not specified/],
    ['a missing folder', ['--documents', '/nope/k.{version}', '--key', 'a'], /Cannot list the folder/],
    ['a validity of zero days', ['--documents', 'k.{version}', '--key', 'a', '--expires', '0'], /number of days/],
  ])('`keys rotate` rejects %s', async (_, args, message) => {
    const { code, stderr } = await keys('rotate', ...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('`keys rotate` and `keys list` name the file if it holds no valid key document', async () => {
    await rotate(['a']);
    const path = at(DOCUMENTS.replace('{version}', '1'));
    writeFileSync(path, readFileSync(path).subarray(0, 100));
    const rotated = await rotate(['a']);
    const listed = await keys('list', at(DOCUMENTS));
    const isPrivate = await keys('list', at('a.jwk'));
    for (const { code, stderr } of [rotated, listed])
      expect([code, stderr]).toEqual([1, expect.stringContaining(path)]);
    expect(isPrivate.stderr).toMatch(/a\.jwk contains neither a JWKS nor a key document/);
  });

  it('`keys rotate` requires `--keys` for the first key document, and a private key in every file of `--key`', async () => {
    const fresh = at('other.{version}.json');
    const without = await keys('rotate', '--documents', fresh, '--key', at('a.jwk'));
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('give --keys FILE')]);
    const missing = await keys('rotate', '--documents', at(DOCUMENTS), '--key', at('z.jwk'));
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('which --key names')]);
    const publicOne = await keys('rotate', '--documents', at(DOCUMENTS), '--key', at('a.json'));
    expect([publicOne.code, publicOne.stderr]).toEqual([1, expect.stringMatching(/a\.json of --key.*keys new --out/)]);
    expect(publicOne.stderr).not.toContain('chmod');
  });

  it('`keys rotate` accepts several files of private keys after one `--key`', async () => {
    const keysToSign = ['--key', at('a.jwk'), at('b.jwk')];
    expect(await keys('rotate', '--documents', at(DOCUMENTS), '--keys', at('b.json'), ...keysToSign)).toMatchObject({
      code: 0,
    });
  });

  it('`keys rotate` quotes no part of a private key if its file is damaged', async () => {
    const { d } = json('a.jwk');
    for (const damaged of [read('a.jwk').replace('"d":', '"d"'), read('a.jwk').replace(`"${d}"`, d), `"${d}"`, d]) {
      writeFileSync(at('damaged.jwk.txt'), damaged);
      const { code, stderr } = await keys('rotate', '--documents', at(DOCUMENTS), '--key', at('damaged.jwk.txt'));
      expect([code > 0, stderr]).toEqual([true, expect.not.stringContaining(String(d))]);
      expect(stderr).not.toContain(String(d).slice(4, 14));
    }
  });

  it('`keys rotate` warns if other users can read the file of a private key', async () => {
    chmodSync(at('a.jwk'), 0o644);
    expect((await rotate(['a'])).stderr).toContain('Other users can read the private key');
  });
});
