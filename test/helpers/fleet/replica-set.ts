import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TempDir } from '../temp-dir.ts';
import { freePort } from './free-port.ts';

const BIN = fileURLToPath(new URL('../../../src/main/cli/bin.ts', import.meta.url));

/** A secret that satisfies the minimum length of the fleet options. */
const FLEET_SECRET = 'a secret of a fleet that only tests know';

export interface ReplicaSetOptions {
  readonly count: number;
  /** Arguments of `mcp-switchyard serve` in addition to the fleet options. */
  readonly args: readonly string[];
  /** URL of the Redis server; null for replicas that share nothing. */
  readonly redisUrl: string | null;
  readonly env?: NodeJS.ProcessEnv;
}

interface Replica {
  readonly port: number;
  process: ChildProcess | null;
  stderr: string;
}

/** Several real `mcp-switchyard serve` processes of one fleet, each with its own port. */
export class ReplicaSet implements AsyncDisposable {
  readonly #options: ReplicaSetOptions;
  readonly #folder = new TempDir();
  readonly #replicas: Replica[] = [];

  private constructor(options: ReplicaSetOptions) {
    this.#options = options;
  }

  /** Resolves once all replicas listen. */
  static async start(options: ReplicaSetOptions): Promise<ReplicaSet> {
    const set = new ReplicaSet(options);
    for (let index = 0; index < options.count; index += 1)
      set.#replicas.push({ port: await freePort(), process: null, stderr: '' });
    try {
      await Promise.all(set.#replicas.map((_, index) => set.start(index)));
    } catch (error) {
      await set[Symbol.asyncDispose]();
      throw error;
    }
    return set;
  }

  /** `http://127.0.0.1:PORT` of each replica. */
  get urls(): readonly string[] {
    return this.#replicas.map(({ port }) => `http://127.0.0.1:${port}`);
  }

  get size(): number {
    return this.#replicas.length;
  }

  /** Returns the stderr output of a replica, across its restarts. */
  stderr(index: number): string {
    return this.#at(index).stderr;
  }

  pid(index: number): number {
    return this.#at(index).process?.pid ?? 0;
  }

  /** Starts a replica (again) on the same port. If it does not listen, rejects with its output. */
  async start(index: number): Promise<void> {
    const replica = this.#at(index);
    const { args, redisUrl, env } = this.#options;
    const own = ['--port', String(replica.port), '--json', '--state-dir', join(this.#folder.path, `state-${index}`)];
    const fleet = redisUrl === null ? [] : ['--fleet', redisUrl, '--fleet-id', 'test', '--fleet-secret-env', 'SECRET'];
    const child = spawn(process.execPath, [BIN, 'serve', ...own, ...fleet, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SECRET: FLEET_SECRET, ...env },
    });
    replica.process = child;
    child.stderr.on('data', (part: Buffer) => {
      replica.stderr += part.toString();
    });
    const lines = createInterface({ input: child.stdout });
    const first = once(lines, 'line').then(() => true);
    const isUp = await Promise.race([first, once(child, 'exit').then(() => false)]);
    lines.resume();
    if (!isUp) throw new Error(`Replica ${index} did not start:\n${replica.stderr}`);
  }

  /** Kills a replica (SIGKILL). Resolves once it has ended. */
  async kill(index: number): Promise<void> {
    await this.#end(this.#at(index), 'SIGKILL');
  }

  /** Ends a replica as its operator would (SIGTERM). */
  async stop(index: number): Promise<void> {
    await this.#end(this.#at(index), 'SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => this.#end(replica, 'SIGKILL')));
    this.#folder[Symbol.dispose]();
  }

  async #end(replica: Replica, signal: NodeJS.Signals): Promise<void> {
    const child = replica.process;
    replica.process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const hasEnded = once(child, 'exit');
    child.kill(signal);
    await hasEnded;
  }

  #at(index: number): Replica {
    const replica = this.#replicas[index];
    if (replica === undefined) throw new Error(`There is no replica ${index}`);
    return replica;
  }
}
