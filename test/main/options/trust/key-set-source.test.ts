import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askForKeySet } from '../../../../src/main/options/trust/key-set-source.ts';
import { jwksOf, newKey } from '../../../helpers/signing-keys.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

const KEYS = jwksOf(newKey('a'), newKey('b', 'ES256'));

function fileOf(dir: TempDir, content: string | Uint8Array): string {
  const path = join(dir.path, 'keys.json');
  writeFileSync(path, content);
  return path;
}

describe('askForKeySet', () => {
  it('askForKeySet() reads the same keys from an object, a function and a file, and notices changes', async () => {
    using dir = new TempDir();
    const path = fileOf(dir, JSON.stringify(KEYS));
    const kids = async (source: Parameters<typeof askForKeySet>[0]) =>
      (await askForKeySet(source)).map(({ kid }) => kid);
    expect(await Promise.all([KEYS, () => KEYS, async () => KEYS, path].map(kids))).toEqual(
      Array.from({ length: 4 }, () => ['a', 'b']),
    );
    fileOf(dir, JSON.stringify(jwksOf(newKey('c'))));
    expect(await kids(path)).toEqual(['c']);
  });

  it.each<[string, string | Uint8Array]>([
    ['is not JSON', '{"keys":'],
    ['contains a member twice', `{"keys":[],"keys":${JSON.stringify(KEYS.keys)}}`],
    ['contains no keys', '{"keys":[]}'],
    ['is empty', ''],
    ['is not UTF-8', new Uint8Array([0xff, 0xfe])],
  ])('askForKeySet() rejects a file that %s, and names the file', async (_, content) => {
    using dir = new TempDir();
    const path = fileOf(dir, content);
    await expect(askForKeySet(path)).rejects.toMatchObject({
      code: 'KEYS_INVALID',
      message: expect.stringContaining(path),
    });
  });

  it('askForKeySet() rejects a folder, a missing file and a file above 256 KiB', async () => {
    using dir = new TempDir();
    const large = fileOf(dir, ' '.repeat(256 * 1024) + JSON.stringify(KEYS));
    for (const path of [dir.path, join(dir.path, 'missing.json'), large])
      await expect(askForKeySet(path)).rejects.toMatchObject({
        code: 'KEYS_UNAVAILABLE',
        message: expect.stringContaining(path),
      });
  });

  it('askForKeySet() reports that the function of a host failed or returned no key set', async () => {
    const failing = askForKeySet(() => Promise.reject(new Error('vault sealed')));
    await expect(failing).rejects.toMatchObject({
      code: 'KEYS_UNAVAILABLE',
      message: expect.stringContaining('vault'),
    });
    for (const value of [undefined, null, 'keys', []])
      await expect(askForKeySet(() => value)).rejects.toMatchObject({ code: 'KEYS_INVALID' });
  });
});
