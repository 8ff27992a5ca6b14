import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as rolldown } from 'rolldown';
import { capture } from '../run-command.ts';
import { HOSTS, MAP_HOST, SERVER } from './hosts.ts';

/** A way to bundle a host. `bundle` resolves with the path of the file to run, relative to `out`. */
interface Way {
  readonly name: string;
  readonly bundle: (folder: string, out: string) => Promise<string>;
}

const WAYS: readonly Way[] = [
  {
    name: 'esbuild, ESM, split and minified',
    async bundle(folder, out) {
      await esbuild({
        ...{
          absWorkingDir: folder,
          entryPoints: { renamed: 'host.mjs' },
          outdir: out,
          outExtension: { '.js': '.mjs' },
        },
        ...{ bundle: true, platform: 'node', format: 'esm', splitting: true, minify: true, logLevel: 'error' },
        chunkNames: 'chunks/[name]-[hash]',
      });
      return 'renamed.mjs';
    },
  },
  {
    name: 'esbuild, CommonJS',
    async bundle(folder, out) {
      const outfile = join(out, 'host.cjs');
      const paths = { absWorkingDir: folder, entryPoints: ['host.mjs'], outfile };
      await esbuild({ ...paths, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
      return 'host.cjs';
    },
  },
  {
    name: 'rolldown, ESM, split',
    async bundle(folder, out) {
      const output = {
        dir: out,
        format: 'esm',
        entryFileNames: '[name].mjs',
        chunkFileNames: '[name]-[hash].mjs',
      } as const;
      await rolldown({ cwd: folder, input: 'host.mjs', platform: 'node', logLevel: 'silent', output });
      return 'host.mjs';
    },
  },
  {
    name: 'rolldown, CommonJS, minified',
    async bundle(folder, out) {
      const output = { file: join(out, 'host.cjs'), format: 'cjs', minify: true, codeSplitting: false } as const;
      await rolldown({ cwd: folder, input: 'host.mjs', platform: 'node', logLevel: 'silent', output });
      return 'host.cjs';
    },
  },
];

/**
 * Bundles hosts together with the package that is installed in `folder`, and runs them in folders without
 * `node_modules`. Throws if a host does not print the expected text.
 */
export async function checkBundledHosts(folder: string, say: (line: string) => void): Promise<void> {
  for (const host of HOSTS) {
    for (const { name, bundle } of WAYS) {
      using out = emptyFolder();
      writeFileSync(join(folder, 'host.mjs'), host.source);
      const file = await bundle(folder, out.path);
      if (host === MAP_HOST) expectPrinted(name, run(out.path, file), 'WORKER_FILE_MISSING');
      addWorkers(folder, out.path);
      expectPrinted(`${host.name} by ${name}`, run(out.path, file), host.prints);
    }
    say(`A host (${host.name}) runs as bundled by esbuild and rolldown, as ESM and CommonJS, without node_modules`);
  }
}

/** Runs the examples of docs/bundling.md as a user would, in the folder in which the package is installed. */
export function checkExamples(folder: string, say: (line: string) => void): void {
  for (const tool of ['esbuild', '@esbuild', 'rolldown'])
    symlinkSync(resolve('node_modules', tool), join(folder, 'node_modules', tool));
  const blocks = [...readFileSync('docs/bundling.md', 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
    ([, code = '']) => code,
  );
  const other = blocks.find((code) => code.includes('setWorkersFolder')) ?? '';
  for (const code of blocks) {
    const script = /^\/\/ (\S+\.mjs)\n/.exec(code)?.[1];
    if (script === undefined) continue;
    const output = /'(out\/host\.\w+)'/.exec(code)?.[1] ?? '';
    writeFileSync(join(folder, 'host.mjs'), MAP_HOST.source);
    writeFileSync(join(folder, script), code);
    capture(process.execPath, [script], { cwd: folder });
    expectPrinted(script, capture(process.execPath, [output], { cwd: folder }), MAP_HOST.prints);
    rmSync(join(folder, 'out'), { recursive: true });
  }
  writeFileSync(join(folder, 'host.mjs'), `${other}${MAP_HOST.source}`);
  cpSync(join(folder, 'node_modules/mcp-switchyard/dist/workers'), join(folder, 'threads'), { recursive: true });
  expectPrinted('setWorkersFolder', capture(process.execPath, ['host.mjs'], { cwd: folder }), MAP_HOST.prints);
  say('The examples of docs/bundling.md do what they say');
}

function addWorkers(folder: string, out: string): void {
  const workers = join(folder, 'node_modules', 'mcp-switchyard', 'dist', 'workers');
  cpSync(workers, join(out, 'mcp-switchyard-workers'), { recursive: true });
}

/** Runs a host in a folder that contains a stdio server, and returns what the host prints. */
function run(out: string, file: string): string {
  writeFileSync(join(out, 'server.mjs'), SERVER);
  const local = { command: process.execPath, args: [join(out, 'server.mjs')] };
  writeFileSync(join(out, 'mcp.json'), JSON.stringify({ mcpServers: { local } }));
  return capture(process.execPath, [file], { cwd: out });
}

function expectPrinted(name: string, printed: string, wanted: string): void {
  if (!printed.includes(wanted)) throw new Error(`${name} printed ${printed.trim()} instead of ${wanted}`);
}

function emptyFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'switchyard-host-'));

  writeFileSync(join(path, 'package.json'), JSON.stringify({ type: 'commonjs' }));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
