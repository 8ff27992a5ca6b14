import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { capture } from '../../run-command.ts';

/** The packed package, installed in a folder as a user would install it. */
export interface InstalledPackage {
  readonly tarball: string;
  /** The folder `node_modules`, with this package and the other packages that the pages import. */
  readonly modules: string;
  /** The paths of all files in the package, such as `docs/cli.md`. */
  readonly files: ReadonlySet<string>;
}

/**
 * Packages that the pages import. They are linked from the repository's own `node_modules`, so that nothing is
 * downloaded.
 */
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

/** Installs the package in `folder`. `given` is the path of a tarball. If it is null, the package is packed first. */
export function installPackage(folder: string, given: string | null): InstalledPackage {
  const tarball = given === null ? pack(folder) : resolve(given);
  const files = capture('tar', ['-tzf', tarball]).trim().split('\n');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // Without these variables, npm would install into this repository if `npm run` started this script.
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
  if (packed === undefined) throw new Error('`npm pack` printed no file name');
  return join(folder, packed.filename);
}

function borrow(modules: string, name: string): void {
  const to = join(modules, name);
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(resolve('node_modules', name), to);
}
