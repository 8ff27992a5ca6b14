import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLDER, type RealServer } from './catalog.ts';

const packages = fileURLToPath(new URL('./node_modules/', import.meta.url));

/** Environment variable that marks every process of a run, so that all of them can be found. */
export const RUN_VARIABLE = 'SWITCHYARD_SERVER_RUN';

/** A proxy address without a listener, so that a server that uses the network fails alike on every machine. */
const NO_NETWORK = {
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
};

/** A server's entry in a configuration file. */
export interface ServerEntry {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
}

interface Manifest {
  readonly version: string;
  readonly bin?: string | Readonly<Record<string, string>>;
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as Manifest;
}

export function versionOf(server: RealServer): string {
  return manifestOf(server.package).version;
}

/** Returns whether the server can run here. False for a native executable of another platform. */
export function isInstalled(server: RealServer): boolean {
  return server.nativeFile === undefined || existsSync(join(packages, server.package, server.nativeFile));
}

/** Returns the entry that starts a server. `runId` marks the server's processes. */
export function entryOf(server: RealServer, folder: string, runId: string): ServerEntry {
  const filled = (text: string): string => text.replaceAll(FOLDER, folder);
  const [command, ...first] = programOf(server);
  const env = Object.entries(server.env ?? {}).map(([name, value]) => [name, filled(value)]);
  return {
    command,
    args: [...first, ...(server.args ?? []).map(filled)],
    env: { ...NO_NETWORK, HOME: folder, [RUN_VARIABLE]: runId, ...Object.fromEntries(env) },
    cwd: folder,
  };
}

/** Returns the argv of a server, without the arguments in the catalog. */
function programOf(server: RealServer): [string, ...string[]] {
  const folder = join(packages, server.package);
  if (server.nativeFile !== undefined) {
    const program = join(folder, server.nativeFile);
    // Some packages set the executable bit in an install script, and install scripts do not run here.
    chmodSync(program, 0o755);
    return [program];
  }
  const { bin } = manifestOf(server.package);
  const file = typeof bin === 'string' ? bin : Object.values(bin ?? {})[0];
  if (file === undefined) throw new Error(`${server.package} has no command`);
  return [process.execPath, join(folder, file)];
}
