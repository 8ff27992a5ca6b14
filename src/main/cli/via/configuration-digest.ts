import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import { commandOf, loginSecretOf, originOf, type StdioCommand } from '../../connectors/connection/local-entry.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { registryPath } from '../../options/registry-path.ts';
import { fleetChoice } from '../flags/fleet-options.ts';
import { tlsOptions } from '../flags/tls-options.ts';
import { trustChoice } from '../flags/trust-options.ts';
import { configFilesOf, mapUrlOf, type SourceOptions } from '../source-options.ts';

/**
 * A server of the configuration files, with its variables replaced. If several files define the server, this is the
 * definition in the last file.
 */
interface ResolvedServer {
  readonly id: string;
  readonly entry: object;
  readonly command: StdioCommand | null;
  readonly secret: string | null;
}

/**
 * Returns a SHA-256 over everything that decides which connectors a command uses and how it reaches them: the sources,
 * the keys, and the servers of configuration files with their variables replaced. Two command lines with the same
 * digest use the same connectors. Rejects with CONFIG_INVALID or OPTIONS_INVALID if the options are invalid.
 */
export async function digestOfOptions(options: SourceOptions): Promise<string> {
  const { readLocalConfig } = await import('../../local-config/read-local-config.ts');
  const read = await Promise.all(configFilesOf(options).map((path) => readLocalConfig(path, process.env)));
  const servers = new Map(
    read
      .flatMap((file) => file.servers)
      .map(({ entry, command, login }) => [entry.id, { id: entry.id, entry, command, secret: login.clientSecret }]),
  );
  return digestOf(options, [...servers.values()]);
}

/** Returns the digest of the connectors that a running gateway serves, for comparison with {@link digestOfOptions}. */
export function digestOfManager(options: SourceOptions, manager: ConnectorProxyManager): string {
  const local = manager.listConnectors().filter((entry) => originOf(entry) === 'the configuration file');
  const servers = local.map((entry) => ({
    id: entry.id,
    entry,
    command: commandOf(entry),
    secret: loginSecretOf(entry),
  }));
  return digestOf(options, servers);
}

function digestOf(options: SourceOptions, servers: readonly ResolvedServer[]): string {
  const map = mapUrlOf(options);
  // If a stdio server has no `cwd`, it runs in the current folder. The digest then depends on that folder.
  const isFolderPart = servers.some(({ command }) => command?.cwd === null);
  const parts = [
    PACKAGE_VERSION,
    isFolderPart ? process.cwd() : null,
    servers.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    map === undefined ? null : [map, mapParts(options)],
    registryOf(options),
    process.env[options.connectorsKeyEnv],
    [options.pinTools, options.clientMetadataUrl, tlsOptions(options), fleetChoice(options)],
    (options.allowEnv ?? []).map((name) => [name, process.env[name]]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * Returns the options of the map that are part of the digest. `--max-stale` is left out, because its default in `serve`
 * differs from its default in other commands.
 */
function mapParts(options: SourceOptions): object {
  const { maxStaleMs: _, ...trust } = trustChoice(options);
  return [trust, options.mapKeyEnv === undefined ? null : process.env[options.mapKeyEnv]];
}

function registryOf({ registry, registryPath: path }: SourceOptions): string | null {
  if (path !== undefined) return realPath(path);
  return registry ? realPath(registryPath(process.env)) : null;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
