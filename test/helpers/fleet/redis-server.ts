import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from '../eventually.ts';
import { TempDir } from '../temp-dir.ts';
import { freePort } from './free-port.ts';

/**
 * Path of the Redis server program for the tests. The variable `SWITCHYARD_REDIS` sets it, for example to Valkey's. By
 * default, an installed program is used.
 */
const PROGRAM = process.env.SWITCHYARD_REDIS ?? findProgram();

/** Whether a server program is available. If not, the fleet tests are skipped, except in CI, where this is an error. */
export const hasRedis = PROGRAM !== null;
if (!hasRedis) {
  if (process.env.CI !== undefined) throw new Error('The fleet tests need redis-server or valkey-server in CI');
  process.stderr.write('\n*** No redis-server or valkey-server is installed: the fleet tests are SKIPPED ***\n\n');
}

function findProgram(): string | null {
  const isThere = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
  return ['redis-server', 'valkey-server'].find(isThere) ?? null;
}

/** A real server for one test, on its own port, without any file except its configuration. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder = new TempDir();
  readonly #settings: readonly string[];
  #process: ChildProcess | null = null;

  private constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.#settings = settings;
  }

  /** `settings` are lines of redis.conf, such as `maxmemory 10mb`. Resolves once the server answers. */
  static async start(settings: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts the server (again) on the same port, without any data. */
  async restart(): Promise<void> {
    const file = join(this.#folder.path, 'redis.conf');
    const own = [`port ${this.port}`, 'bind 127.0.0.1', `dir ${this.#folder.path}`, 'save ""', 'appendonly no'];
    writeFileSync(file, [...own, ...this.#settings, ''].join('\n'));
    this.#process = spawn(PROGRAM ?? 'redis-server', [file], { stdio: 'ignore' });
    if (this.#settings.some((line) => /^(port 0|requirepass|user |aclfile)/.test(line))) {
      await eventually('the server listens', () => isListening(this.port));
      return;
    }
    await eventually('the server answers', () =>
      this.do('PING').then(
        () => true,
        () => false,
      ),
    );
  }

  /** Runs one command as the server's administrator, over a separate connection. */
  async do(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const client = this.client();
    try {
      await client.connect();
      return await client.call(command, ...args.map(String));
    } finally {
      client.disconnect();
    }
  }

  /** Creates a client that the test closes itself. */
  client(): Redis {
    const client = new Redis({ host: '127.0.0.1', port: this.port, lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => {});
    return client;
  }

  /** Kills the server (SIGKILL). */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const hasEnded = once(child, 'exit');
    child.kill('SIGKILL');
    await hasEnded;
  }

  /** Pauses the server. Until {@link thaw}, it neither answers nor disconnects. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#folder[Symbol.dispose]();
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
