import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInput } from '../../../../src/main/cli/terminal/read-input.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

describe('readInput', () => {
  it('readInput() reads the bytes of a file', async () => {
    using dir = new TempDir();
    const file = join(dir.path, 'in');
    writeFileSync(file, Buffer.from([0, 255]));
    expect(await readInput(file)).toEqual(new Uint8Array([0, 255]));
  });

  it('readInput() fails with an error that names the file that cannot be read', async () => {
    await expect(readInput('/no/such/file')).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: 'Cannot read /no/such/file (ENOENT)',
    });
  });
});
