import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { capture } from '../../run-command.ts';

/** The packed package, installed in a folder as a user would. */
export interface InstalledPackage {
  readonly tarball: string;
  /** The folder `node_modules` with the package and with other packages that the pages import. */
  readonly modules: string;
  /** The files in the package, such as `docs/cli.md`. */
  readonly files: ReadonlySet<string>;
}

/** Packages that pages name. They come from the repository's own `node_modules`, so that nothing is downloaded. */
const BORROWED = [
  '@types/node',
  'undici-types',
  'ioredis',
  'esbuild',
  '@esbuild',
  'rolldown',
  '@opentelemetry/api',
  '@modelcontextprotocol/server',
  '@modelcontextprotocol/server-everything',
  '@modelcontextprotocol/server-memory',
];

/** Packs the package, if no tarball is given, and installs it in `folder`. */
export function installPackage(folder: string, given: string | null): InstalledPackage {
  const tarball = given === null ? pack(folder) : resolve(given);
  const files = capture('tar', ['-tzf', tarball]).trim().split('\n');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // If npm runs in a script of another package, it would otherwise install into that package.
  const env = { npm_config_local_prefix: folder, INIT_CWD: folder };
  const quiet = ['--no-fund', '--no-audit', '--prefer-offline', '--loglevel=error'];
  capture('npm', ['install', tarball, ...quiet], { cwd: folder, env });
  const modules = join(folder, 'node_modules');
  for (const name of BORROWED) borrow(modules, name);
  return { tarball, modules, files: new Set(files.map((file) => file.replace(/^package\//, ''))) };
}

function pack(folder: string): string {
  const [packed] = JSON.parse(capture('npm', ['pack', '--json', '--pack-destination', folder])) as {
    filename: string;
  }[];
  if (packed === undefined) throw new Error('npm pack named no file');
  return join(folder, packed.filename);
}

function borrow(modules: string, name: string): void {
  const to = join(modules, name);
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(resolve('node_modules', name), to);
}
