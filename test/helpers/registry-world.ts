import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConnectorProxyManager, type RegistryManagerOptions } from '../../src/main/index.ts';
import {
  RegistryMemoryCache,
  type RegistryMemoryCacheOptions,
  type ServerInfo,
} from '../../src/main/registry/fs-store.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { TempDir } from './temp-dir.ts';

const program = fileURLToPath(new URL('../fixtures/stdio/server.ts', import.meta.url));

/** Returns a registry entry whose command starts the fixture's stdio server. */
export function registeredProgram(name: string, more: object = {}): ServerInfo {
  return { name, transport: 'stdio', command: process.execPath, args: [program, name], ...more };
}

/** A registry in its own folder, as in `$CORTEX_HOME`. The folder is removed when its scope ends. */
export class RegistryWorld implements Disposable {
  readonly #folder = new TempDir();
  /** Value of `CORTEX_HOME`. */
  readonly home: string = this.#folder.path;
  readonly path: string = join(this.home, 'mcp', 'servers.json');
  readonly store: string = join(this.home, 'mcp', 'switchyard.db');

  constructor() {
    mkdirSync(dirname(this.path));
  }

  async open(options: Partial<RegistryMemoryCacheOptions> = {}): Promise<RegistryMemoryCache> {
    const cache = new RegistryMemoryCache({ registryPath: this.path, ...options });
    await cache.init();
    return cache;
  }

  /** Adds servers to the store and the file. */
  async fill(...servers: readonly ServerInfo[]): Promise<void> {
    await using cache = await this.open();
    await cache.upsertMany(servers);
    await cache.flush();
  }

  /** Returns the servers in the file. */
  said(): unknown[] {
    return (JSON.parse(readFileSync(this.path, 'utf8')) as { servers: unknown[] }).servers;
  }

  /** Writes the file by hand. */
  edit(servers: readonly unknown[]): void {
    writeFileSync(this.path, JSON.stringify({ servers }));
  }

  /** Creates a manager with the servers of this registry. The manager records its log. */
  manage(
    options: Partial<RegistryManagerOptions> = {},
  ): { readonly manager: ConnectorProxyManager; readonly lines: readonly LogLine[] } & AsyncDisposable {
    const logger = recordingLogger();
    const manager = new ConnectorProxyManager({
      serverRegistry: { path: this.path },
      logger,
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
      ...options,
    });
    return { manager, lines: logger.lines, [Symbol.asyncDispose]: () => manager.close() };
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
