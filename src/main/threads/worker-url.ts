import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SwitchyardError } from '../../shared/errors.ts';
import { PACKAGE_VERSION } from '../../shared/package-version.ts';

const PACKAGE = 'mcp-switchyard';

/** Name of the folder of worker files next to a bundle. */
const BESIDE_BUNDLE = 'mcp-switchyard-workers';

/** The URL of this file; null in a bundle that does not provide it. A CommonJS bundle may have no `import.meta.url`. */
const HERE: string | null = (import.meta.url as string | undefined) ?? commonJsUrl();

let chosenFolder: string | null = null;

/**
 * Sets the folder of the worker files, which must have the same content as `mcp-switchyard/dist/workers`. A bundled
 * host needs this call if the files are neither in the folder `mcp-switchyard-workers` next to its bundle nor in
 * `node_modules`. Call this function before any other function of this package. It affects the whole process.
 */
export function setWorkersFolder(folder: string | URL): void {
  chosenFolder = folder instanceof URL ? fileURLToPath(folder) : resolve(folder);
}

/**
 * Returns the URL of a worker's entry file. `path` is the path of this file from `src`, without extension, such as
 * `workers/fleet.worker`. Throws WORKER_FILE_MISSING.
 */
export function workerUrl(path: string): URL {
  if (HERE?.endsWith('.ts') === true) return new URL(`../../${path}.ts`, HERE);
  const name = `${path.slice(path.lastIndexOf('/') + 1)}.mjs`;
  const folders = chosenFolder === null ? knownFolders() : [chosenFolder];
  const folder = folders.find((one) => existsSync(join(one, name)));
  if (folder === undefined) throw missing(name, folders);
  return pathToFileURL(join(folder, name));
}

/**
 * Returns the folders that may contain the worker files: first the package's own folder, then folders next to a bundle.
 */
function knownFolders(): readonly string[] {
  // A bundler may put this code into a folder below the folder of the main script.
  const program = process.argv[1] === undefined ? null : resolve(process.argv[1]);
  const files = [...new Set([HERE === null ? null : fileURLToPath(HERE), program])].filter((file) => file !== null);
  const own = HERE === null ? [] : [fileURLToPath(new URL('../workers', HERE))];
  const beside = files.map((file) => join(dirname(file), BESIDE_BUNDLE));
  return [...new Set([...own, ...beside, ...files.flatMap((file) => installedFolder(file) ?? [])])];
}

/** Returns the folder of this version's worker files if Node can resolve the package from `file`, else null. */
function installedFolder(file: string): string | null {
  try {
    const manifest = findPackageJSON(PACKAGE, pathToFileURL(file));
    if (manifest === undefined) return null;
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
    return version === PACKAGE_VERSION ? join(dirname(manifest), 'dist', 'workers') : null;
  } catch {
    // The package is not installed there or cannot be read, so there is no folder to use.
    return null;
  }
}

function missing(name: string, folders: readonly string[]): SwitchyardError {
  const message =
    `The worker file ${name} is not in ${folders.join(' or ')}. A bundle needs the files of ` +
    `${PACKAGE}/dist/workers next to it, in the folder ${BESIDE_BUNDLE}, or in one that setWorkersFolder() names.`;
  return new SwitchyardError('WORKER_FILE_MISSING', message, { detail: { file: name } });
}

function commonJsUrl(): string | null {
  return typeof __filename === 'string' ? pathToFileURL(__filename).href : null;
}
