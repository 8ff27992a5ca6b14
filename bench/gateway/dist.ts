import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

let dist: string | null = null;

/**
 * Returns the path of a dist folder as it is published, but without declarations. The first call builds it in a
 * temporary folder, which is removed when this process exits. @public for benchmarks of start-up
 */
export function distFolder(): string {
  dist ??= build();
  return dist;
}

/** Returns the path of the published form of the command `mcp-switchyard`. */
export function distBin(): string {
  return join(distFolder(), 'main', 'cli', 'bin.js');
}

function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-dist-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  // Lets the bundle find packages that are not in it.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const script = join(root, 'scripts', 'build.ts');
  execFileSync(process.execPath, [script, join(folder, 'dist'), '--without-declarations'], { cwd: root });
  return join(folder, 'dist');
}
