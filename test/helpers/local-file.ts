import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConnectorProxyManager, type LocalManagerOptions } from '../../src/main/index.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { TempDir } from './temp-dir.ts';

const program = fileURLToPath(new URL('../fixtures/stdio/server.ts', import.meta.url));

/** Creates an entry of an `mcpServers` file for the fixture's server. */
export function localServer(args: readonly string[] = [], more: object = {}): object {
  return { command: process.execPath, args: [program, ...args], ...more };
}

/** An `mcpServers` file that is removed when its scope ends. */
export class LocalFile implements Disposable {
  readonly #folder = new TempDir();
  readonly path: string = join(this.#folder.path, 'mcp.json');

  constructor(servers: object) {
    this.write(servers);
  }

  write(servers: object): void {
    this.writeText(JSON.stringify({ mcpServers: servers }));
  }

  writeText(text: string): void {
    writeFileSync(this.path, text);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** A manager with the connectors of one file. When the scope ends, the manager is closed and the file is removed. */
export interface ManagedFile extends AsyncDisposable {
  readonly manager: ConnectorProxyManager;
  readonly file: LocalFile;
  readonly lines: readonly LogLine[];
}

export function manageFile(servers: object, options: Partial<LocalManagerOptions> = {}): ManagedFile {
  const file = new LocalFile(servers);
  const logger = recordingLogger();
  const manager = new ConnectorProxyManager({
    configFile: file.path,
    logger,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    ...options,
  });
  return {
    manager,
    file,
    lines: logger.lines,
    async [Symbol.asyncDispose]() {
      await manager.close();
      file[Symbol.dispose]();
    },
  };
}

/** Creates the entry of a stdio server. A shell first runs `script` and then starts the server. */
export function startedAfter(script: string, name: string): object {
  const { command, args } = localServer([name]) as { command: string; args: string[] };
  const words = [command, ...args].map((word) => `'${word}'`).join(' ');
  return { command: 'sh', args: ['-c', `${script}; exec ${words}`] };
}
