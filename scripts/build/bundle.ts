import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type OutputChunk, type Plugin, type RolldownOptions, rolldown } from 'rolldown';
import { chunkNames, type Root } from './chunk-names.ts';
import { inlineFacades } from './inline-facades.ts';
import { nodeBuiltins } from './node-builtins.ts';
import { patchedPackages } from './patched-packages.ts';
import { trimSourceMap } from './source-maps.ts';

/** Entries of the folder `main`, which hosts import and the command line runs. Keys are paths in dist. */
const MAIN_ENTRIES: Readonly<Record<string, string>> = {
  'main/index': 'src/main/index.ts',
  'main/registry/fs-store': 'src/main/registry/fs-store.ts',
  'main/gateway/index': 'src/main/gateway/index.ts',
  'main/cli/bin': 'src/main/cli/bin.ts',
  'main/cli/demo/own-server': 'src/main/cli/demo/own-server.ts',
  'main/cli/bench/headline-process': 'src/main/cli/bench/headline-process.ts',
  'main/cli/bench/fresh-process': 'src/main/cli/bench/fresh-process.ts',
  'main/cli/bench/map-process': 'src/main/cli/bench/map-process.ts',
};

/** Files of the folder `workers`, which is self-contained: a host may copy it anywhere. */
const WORKER_ENTRIES: Readonly<Record<string, string>> = {
  'load-service-map.task': 'src/workers/load/load-service-map.task.ts',
  'store-writer.worker': 'src/workers/store-writer.worker.ts',
  'fleet.worker': 'src/workers/fleet.worker.ts',
  'registry-check.worker': 'src/workers/registry-check.worker.ts',
  'keyring.task': 'src/workers/logins/keys/keyring.task.ts',
  'piscina.worker': 'node_modules/piscina/dist/worker.js',
};

/** Modules that find other files relative to their own. Their own files must be directly in the folder `main`. */
const PLACED = ['src/main/cli/own-file.ts', 'src/main/threads/worker-url.ts'];

/**
 * Modules that are loaded at the start of a process, or soon after. Their names must begin with different letters,
 * which become parts of file names.
 */
const MAIN_ROOTS: Readonly<Record<string, Root>> = {
  library: { path: 'src/main/index.ts' },
  registry: { path: 'src/main/registry/fs-store.ts' },
  gateway: { path: 'src/main/gateway/index.ts' },
  command: { path: 'src/main/cli/run-cli.ts' },
  serve: { path: 'src/main/cli/commands/serve.ts', after: 'command' },
  via: { path: 'src/main/cli/commands/call.ts', after: 'command' },
  many: { path: 'src/main/cli/commands/tools.ts', after: 'command' },
  documents: { path: 'src/main/local-config/read-local-config.ts' },
  first: { path: 'src/main/cli/first-answers/answer-first.ts' },
  help: { path: 'src/main/cli/quick/answer-quickly.ts' },
  own: { path: 'src/main/cli/terminal/own-command.ts' },
  tab: { path: 'src/main/cli/quick/complete-quickly.ts' },
  install: { path: 'src/main/cli/completion-script.ts' },
  programs: { path: 'src/main/connectors/stdio/stdio-connect.ts', after: 'library' },
  events: { path: 'src/main/connectors/sse/sse-connect.ts', after: 'library' },
};

const WORKER_ROOTS: Readonly<Record<string, Root>> = {
  load: { path: 'src/workers/load/load-service-map.task.ts' },
  writer: { path: 'src/workers/store-writer.worker.ts' },
  fleet: { path: 'src/workers/fleet.worker.ts' },
  check: { path: 'src/workers/registry-check.worker.ts' },
};

/**
 * Packages that are not bundled: peers and native modules that may be absent, and `open`, which starts a script from
 * its own folder.
 */
const EXTERNAL = ['@napi-rs/keyring', '@napi-rs/nice', 'ioredis', 'msgpackr-extract', 'open'];

/**
 * Finds a `require` of a package. The `require` in msgpackr is allowed, because it is for an optional native module.
 */
const NEEDS_URL = /createRequire\$?\(import\.meta\.url\)(?!\("msgpackr-extract"\))/;

/** Bundles `src` into `folder`. Resolves with the ids of the bundled modules. */
export async function bundle(root: string, folder: string): Promise<readonly string[]> {
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const shared = optionsFor(root, version);
  const main = await write({ ...shared, input: MAIN_ENTRIES }, MAIN_ROOTS, folder, 'main/', 'js');
  const workers = await write({ ...shared, input: WORKER_ENTRIES }, WORKER_ROOTS, join(folder, 'workers'), '', 'mjs');
  for (const { fileName, code, moduleIds } of main) {
    const placed = PLACED.find((path) => moduleIds.includes(join(root, path)));
    if (placed !== undefined && dirname(fileName) !== 'main') throw new Error(`${placed} went into ${fileName}`);
    // A host that is bundled as CommonJS has no import.meta.url, so this code would fail at its start.
    if (NEEDS_URL.test(code)) throw new Error(`${fileName} has a require of something other than a module of Node`);
  }
  return [...new Set([...main, ...workers].flatMap(({ moduleIds }) => moduleIds))]
    .filter((id) => isAbsolute(id))
    .sort();
}

function optionsFor(root: string, version: string): RolldownOptions {
  return {
    cwd: root,
    platform: 'node',
    external: (id, importer) =>
      EXTERNAL.includes(id) ||
      // For prom-client, @opentelemetry/api is a dependency, so it is bundled; for our own code, it is an optional
      // peer.
      (id === '@opentelemetry/api' && importer?.includes('node_modules') !== true),
    resolve: { mainFields: ['module', 'main'] },
    // Defined here, because a chunk cannot find package.json by a relative path.
    plugins: [constantVersion(version), lateRequires(), nodeBuiltins(root), patchedPackages()],
    transform: { target: 'es2024' },
    preserveEntrySignatures: 'allow-extension',
    // A warning is a mistake in the build, except for the warning that some code is loaded earlier than necessary.
    onLog(level, log) {
      if (level === 'warn' && log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(log.message);
    },
    treeshake: { propertyReadSideEffects: false },
  };
}

function constantVersion(version: string): Plugin {
  return {
    name: 'constant-version',
    load: {
      filter: { id: /\/src\/shared\/package-version\.ts$/ },
      handler: () => ({ code: `export const PACKAGE_VERSION = '${version}';` }),
    },
  };
}

/**
 * Lets the bundler follow the `require` of packages that our own code loads late and synchronously. The code of these
 * packages is then part of dist, and runs at the first call.
 */
function lateRequires(): Plugin {
  const declared = 'const require = createRequire(import.meta.url);';
  return {
    name: 'late-requires',
    transform: {
      filter: { id: /\/src\/main\/.*\/load-(?:prom-client|yaml)\.ts$/ },
      handler(code, id) {
        if (!code.includes(declared)) throw new Error(`${id} no longer has: ${declared}`);
        return { code: code.replace(declared, ''), map: null };
      },
    },
  };
}

async function write(
  options: RolldownOptions,
  roots: Readonly<Record<string, Root>>,
  folder: string,
  chunkFolder: string,
  extension: string,
): Promise<readonly OutputChunk[]> {
  await using build = await rolldown(options);
  const entries = Object.values(options.input as Readonly<Record<string, string>>);
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    sourcemap: true,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `${chunkFolder}[name].${extension}`,
    comments: { legal: false, annotation: true, jsdoc: false },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'roots', name: chunkNames(options.cwd ?? '.', roots, entries) }],
    },
  });
  const all = output.filter((file) => file.type === 'chunk');
  const kept = Object.keys(options.input as Readonly<Record<string, string>>).map((name) => `${name}.${extension}`);
  const left = new Set(
    inlineFacades(
      folder,
      all.map(({ fileName }) => fileName),
      kept,
    ),
  );
  const chunks = all.filter(({ fileName }) => left.has(fileName));
  for (const { fileName } of chunks) trimSourceMap(join(folder, fileName));
  return chunks;
}
