/**
 * `npm run check:dist`: packs the package, installs the tarball in an empty folder, and uses it there as a new user
 * would. This is done with the pinned version of Node.js and with the oldest supported version. The script tests
 * imports, a load in a worker, the command line and the demo. It also bundles hosts with the package, and runs the
 * examples of docs/bundling.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBundledHosts, checkExamples } from './check-dist/bundled-hosts.ts';
import { MAP_HOST } from './check-dist/hosts.ts';
import { checkStrictTypes } from './check-dist/strict-types.ts';
import { capture } from './run-command.ts';

const OLDEST_NODE = '24.0.0';

/** A script that imports and requires every subpath of the package. */
const SUBPATHS = `
import { createRequire } from 'node:module';
for (const path of ['mcp-switchyard', 'mcp-switchyard/fs-store', 'mcp-switchyard/gateway', 'mcp-switchyard/package.json']) {
  createRequire(import.meta.url)(path);
  if (!path.endsWith('.json')) await import(path);
}
import.meta.resolve('mcp-switchyard/workers/store-writer.worker.mjs');
`;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-dist-'));
try {
  const [packed] = JSON.parse(capture('npm', ['pack', '--json', '--pack-destination', folder])) as {
    filename: string;
    size: number;
    unpackedSize: number;
    entryCount: number;
  }[];
  if (packed === undefined) throw new Error('`npm pack` printed no file name');
  const manifest = { private: true, type: 'module', allowScripts: { node: true } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'probe.js'), `${SUBPATHS}${MAP_HOST.source}`);
  const { filename, size, unpackedSize, entryCount } = packed;
  say(`${filename}: ${kb(size)} packed, ${kb(unpackedSize)} in ${entryCount} files`);
  install(packed.filename);
  checkStrictTypes(folder, install);
  say('TypeScript 5.9 and 7.0 accept the declarations under their strictest settings');
  checkCommand();
  check('the pinned Node', process.execPath);
  await checkBundledHosts(folder, say);
  checkExamples(folder, say);
  install(`node@${OLDEST_NODE}`);
  check(`Node ${OLDEST_NODE}`, join(folder, 'node_modules', 'node', 'bin', 'node'));
  say('The packed package works');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function kb(bytes: number): string {
  return `${Math.round(bytes / 1_000)} KB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function install(...what: readonly string[]): void {
  const named = what.map((one) => (one.endsWith('.tgz') ? `./${one}` : one));
  const args = ['install', ...named, '--no-fund', '--no-audit', '--loglevel=error'];
  // Without these variables, `npm run check:dist` would install into this repository.
  capture('npm', args, { cwd: folder, env: { npm_config_local_prefix: folder, INIT_CWD: folder } });
}

/** Checks that the command exists under both of its names, and that the examples in its help work. */
function checkCommand(): void {
  const env = { npm_config_local_prefix: folder, INIT_CWD: folder };
  for (const name of ['mcp-switchyard', 'switchyard']) {
    const help = capture('npx', ['--no', name, '--', '--help'], { cwd: folder, env });
    if (!help.includes('  npx --no -- mcp-switchyard demo\n'))
      throw new Error(`The help of ${name} lacks the expected example:\n${help}`);
  }
  say('npx --no finds the command, which names itself so');
}

function check(name: string, node: string): void {
  const bin = join(folder, 'node_modules', 'mcp-switchyard', 'dist', 'main', 'cli', 'bin.js');
  const version = capture(node, ['--version']).trim();
  const printed = capture(node, ['probe.js'], { cwd: folder });
  if (!printed.includes(MAP_HOST.prints)) throw new Error(`With ${name}, the load failed: ${printed}`);
  say(`${name} (${version}): imported every subpath, loaded a map on a thread, stored it`);
  const demo = JSON.parse(capture(node, [bin, 'demo', '--once', '--json'], { cwd: folder })) as {
    connectors: { state: string }[];
  };
  if (demo.connectors.length < 3)
    throw new Error(`With ${name}, the demo has only ${demo.connectors.length} connectors`);
  say(`${name} (${version}): the demo brought up ${demo.connectors.length} connectors from the package alone`);
}
