import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extensionOf } from '../../../../src/main/cli/results/media-type.ts';
import { fileName, saveContent } from '../../../../src/main/cli/results/save-content.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' };

describe('fileName', () => {
  it.each([
    ['chart', 'image/png', 'chart', 'png'],
    ['chart.PNG', 'image/png', 'chart', 'png'],
    ['../../etc/passwd', 'text/plain', 'etc_passwd', 'txt'],
    ['run.sh', 'image/png', 'run.sh', 'png'],
    ['data.parquet', 'application/octet-stream', 'data', 'parquet'],
    ['.hidden', 'text/html', 'hidden', 'html'],
    ['CON', 'text/plain', 'file-CON', 'txt'],
    ['', 'x', 'file', 'bin'],
    ['a\u202eb\u0000/c', 'audio/mpeg', 'a_b_c', 'mp3'],
    ['Grüße 北京', 'text/csv; charset=utf-8', 'Grüße_北京', 'csv'],
  ])(
    'fileName() turns the name %j of a file of the type %s into the base name %s and the extension %s',
    (name, type, base, extension) => {
      expect(fileName(name, type)).toEqual({ base, extension });
    },
  );
});

describe('extensionOf', () => {
  it.each([
    ['image/jpeg', 'jpg'],
    ['application/geo+json', 'json'],
    ['image/jxl', 'jxl'],
    ['image/../x', 'bin'],
    ['constructor', 'bin'],
  ])('extensionOf() returns for the media type %s the extension %s', (type, extension) => {
    expect(extensionOf(type)).toBe(extension);
  });
});

describe('saveContent', () => {
  it('saveContent() never follows a symbolic link and never replaces a file', async () => {
    using dir = new TempDir();
    const folder = join(dir.path, 'new', 'folder');
    const other = join(dir.path, 'other');
    writeFileSync(other, 'mine');
    await saveContent([image], folder, 'x');
    symlinkSync(other, join(folder, 'x-2.png'));
    const saved = await saveContent([{ type: 'text', text: '' }, image], folder, 'x');
    expect(saved).toEqual([{ index: 1, path: join(folder, 'x-3.png'), type: 'image/png', bytes: 3 }]);
    expect(readFileSync(other, 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('saveContent() fails if its folder is an existing file', async () => {
    using dir = new TempDir();
    writeFileSync(join(dir.path, 'file'), '');
    await expect(saveContent([image], join(dir.path, 'file'), 'x')).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(/--save names \((?:EEXIST|ENOTDIR)\)/),
    });
  });
});
