import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { inlineFacades } from '../../../scripts/build/inline-facades.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"type":"module"}',
  'cli/bin.js':
    'export const run = async () => (await import("../quick.js")).answer() + (await import("../old.js")).default;',
  'quick.js': 'export { t as answer, n as other } from "./chunk.js";\n',
  'old.js': 'import { r as require_old } from "./chunk.js";\nexport default require_old();\nexport {};\n',
  'chunk.js': 'const t = () => 40, n = 1, r = () => 2;\nexport { t, n, r };\n',
  'entry.js': 'export { t as answer } from "./chunk.js";\n',
  'used.js': 'export { n as one } from "./chunk.js";\n',
  'user.js': 'import { one } from "./used.js";\nexport { one };\n',
};

it('inlineFacades() removes files that only re-export a chunk, and makes dynamic imports load the chunk directly', async () => {
  using folder = new TempDir();
  for (const [file, code] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder.path, file)), { recursive: true });
    writeFileSync(join(folder.path, file), code);
  }
  const files = Object.keys(FILES).filter((file) => file.endsWith('.js'));
  const left = inlineFacades(folder.path, files, ['entry.js', 'cli/bin.js']);
  expect(left).toEqual(['cli/bin.js', 'chunk.js', 'entry.js', 'used.js', 'user.js']);
  expect(files.filter((file) => existsSync(join(folder.path, file)))).toEqual(left);
  const bin = (await import(pathToFileURL(join(folder.path, 'cli/bin.js')).href)) as { run(): Promise<number> };
  expect(await bin.run()).toBe(42);
  expect(readFileSync(join(folder.path, 'cli/bin.js'), 'utf8')).not.toContain('quick.js');
});
