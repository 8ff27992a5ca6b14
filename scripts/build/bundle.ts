import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type OutputChunk, type Plugin, type RolldownOptions, rolldown } from 'rolldown';
import { chunkNames, type Root } from './chunk-names.ts';
import { inlineFacades } from './inline-facades.ts';
import { nodeBuiltins } from './node-builtins.ts';
import { patchedPackages } from './patched-packages.ts';
import { trimSourceMap } from './source-maps.ts';

/**
 * Entry files in the folder `main`, which hosts import or the command line runs. A key is the path of the built file in
 * dist.
 */
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

/** Entry files in the folder `workers`. This folder needs no other files, so a host may copy it to any place. */
const WORKER_ENTRIES: Readonly<Record<string, string>> = {
  'load-service-map.task': 'src/workers/load/load-service-map.task.ts',
  'store-writer.worker': 'src/workers/store-writer.worker.ts',
  'fleet.worker': 'src/workers/fleet.worker.ts',
  'registry-check.worker': 'src/workers/registry-check.worker.ts',
  'keyring.task': 'src/workers/logins/keys/keyring.task.ts',
  'piscina.worker': 'node_modules/piscina/dist/worker.js',
};

/**
 * Modules that find other files by relative paths. So the build puts each module into a separate file, directly in the
 * folder `main`.
 */
const PLACED = ['src/main/cli/own-file.ts', 'src/main/threads/worker-url.ts'];

/**
 * Modules that are loaded when a process starts, or soon after. Each name must begin with a different letter, because
 * the first letters become parts of file names.
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
 * Packages that are not bundled. Most of them are peer dependencies or native modules that may be missing. `open`
 * starts a script from its own folder.
 */
const EXTERNAL = ['@napi-rs/keyring', '@napi-rs/nice', 'ioredis', 'msgpackr-extract', 'open'];

/**
 * Matches a `require` of a package that is not bundled. `msgpackr-extract` is allowed, because it is an optional native
 * module.
 */
const NEEDS_URL = /createRequire\$?\(import\.meta\.url\)(?!\("msgpackr-extract"\))/;

/** Bundles `src` into `folder`. Resolves with the ids of all modules in the bundles. */
export async function bundle(root: string, folder: string): Promise<readonly string[]> {
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const shared = optionsFor(root, version);
  const main = await write({ ...shared, input: MAIN_ENTRIES }, MAIN_ROOTS, folder, 'main/', 'js');
  const workers = await write({ ...shared, input: WORKER_ENTRIES }, WORKER_ROOTS, join(folder, 'workers'), '', 'mjs');
  for (const { fileName, code, moduleIds } of main) {
    const placed = PLACED.find((path) => moduleIds.includes(join(root, path)));
    if (placed !== undefined && dirname(fileName) !== 'main')
      throw new Error(`${placed} must be in a file directly in main, but was bundled into ${fileName}`);
    // If a host is bundled as CommonJS, import.meta.url is undefined there, and this code would fail when the host
    // starts.
    if (NEEDS_URL.test(code))
      throw new Error(`${fileName} has a \`require\` of a package, which fails in a CommonJS bundle`);
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
      // prom-client depends on @opentelemetry/api, so it is bundled for prom-client. Our own code treats it as an
      // optional peer.
      (id === '@opentelemetry/api' && importer?.includes('node_modules') !== true),
    resolve: { mainFields: ['module', 'main'] },
    // The build inserts the version, because a bundled file cannot find package.json by a relative path.
    plugins: [constantVersion(version), lateRequires(), nodeBuiltins(root), patchedPackages()],
    transform: { target: 'es2024' },
    preserveEntrySignatures: 'allow-extension',
    // Every warning stops the build, except the warning that some code is loaded earlier than necessary.
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
 * Makes the bundler follow the `require` calls with which our own code loads packages synchronously when they are
 * needed. The code of these packages then becomes part of dist, and runs when it is first needed.
 */
function lateRequires(): Plugin {
  const declared = 'const require = createRequire(import.meta.url);';
  return {
    name: 'late-requires',
    transform: {
      filter: { id: /\/src\/main\/.*\/load-(?:prom-client|yaml)\.ts$/ },
      handler(code, id) {
        if (!code.includes(declared)) throw new Error(`${id} no longer contains the line: ${declared}`);
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
