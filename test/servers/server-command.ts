import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLDER, type RealServer } from './catalog.ts';

const packages = fileURLToPath(new URL('./node_modules/', import.meta.url));

/** Marks every process that a run started, so that none is missed, wherever it went. */
export const RUN_VARIABLE = 'SWITCHYARD_SERVER_RUN';

/** Nobody listens there: a server that wants the network is refused at once, on every machine alike. */
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

/** False for a native program that was not made for this machine. */
export function isInstalled(server: RealServer): boolean {
  return server.nativeFile === undefined || existsSync(join(packages, server.package, server.nativeFile));
}

/** The entry that starts a server. `runId` marks its processes. */
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

/** The argv of a server, without its own arguments. */
function programOf(server: RealServer): [string, ...string[]] {
  const folder = join(packages, server.package);
  if (server.nativeFile !== undefined) {
    const program = join(folder, server.nativeFile);
    // Some packages set this bit in an install script, and none of those runs.
    chmodSync(program, 0o755);
    return [program];
  }
  const { bin } = manifestOf(server.package);
  const file = typeof bin === 'string' ? bin : Object.values(bin ?? {})[0];
  if (file === undefined) throw new Error(`${server.package} has no command`);
  return [process.execPath, join(folder, file)];
}
