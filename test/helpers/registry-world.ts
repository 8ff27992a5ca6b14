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

/** A server of a registry: the fixture's program. */
export function registeredProgram(name: string, more: object = {}): ServerInfo {
  return { name, transport: 'stdio', command: process.execPath, args: [program, name], ...more };
}

/** A registry in a folder of its own, as `$CORTEX_HOME` has it; gone with its scope. */
export class RegistryWorld implements Disposable {
  readonly #folder = new TempDir();
  /** What `CORTEX_HOME` is. */
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

  /** Puts servers into it, store and file. */
  async fill(...servers: readonly ServerInfo[]): Promise<void> {
    await using cache = await this.open();
    await cache.upsertMany(servers);
    await cache.flush();
  }

  /** What the file says. */
  said(): unknown[] {
    return (JSON.parse(readFileSync(this.path, 'utf8')) as { servers: unknown[] }).servers;
  }

  /** Writes the file by hand. */
  edit(servers: readonly unknown[]): void {
    writeFileSync(this.path, JSON.stringify({ servers }));
  }

  /** A manager of its servers, and what it logs. */
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
