import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TempDir } from './temp-dir.ts';

const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  noPropertyAccessFromIndexSignature: true,
  skipLibCheck: false,
  noEmit: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  module: 'nodenext',
  target: 'es2024',
  types: [],
};

/**
 * Compiles files in strict mode. `files` maps the name of each file to its text. Returns the messages of the compiler,
 * or an empty string if there are no errors.
 */
export function compileStrictly(files: Readonly<Record<string, string>>): string {
  using folder = new TempDir();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  writeFileSync(join(folder.path, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT, include: ['*.ts'] }));
  symlinkSync(resolve('node_modules'), join(folder.path, 'node_modules'));
  const { stdout, stderr } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', folder.path], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}
