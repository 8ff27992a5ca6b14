import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RefreshTurn, StoredLogin, StoredLogins } from '../../src/shared/logins/login-records.ts';
import { eventually } from './eventually.ts';
import { keepEvidence } from './evidence.ts';

const program = fileURLToPath(new URL('../fixtures/programs/login-user.ts', import.meta.url));

/** Result type of each method of the process, as far as tests use it. */
interface Answers {
  readAll: StoredLogins;
  saveLogin: StoredLogin;
  saveBinding: null;
  saveClient: null;
  removeLogin: StoredLogin | null;
  beginRefresh: RefreshTurn;
  endRefresh: StoredLogin | null;
  refreshUntil: { generation: number; beganNs: string; endedNs: string }[];
  saveForEver: never;
  watch: null;
}

/** A separate process that uses the logins of a folder. */
export class LoginProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** The last number that `saveForEver` reported; 0 if it has reported none. */
  saved = 0;
  /** Number of changes that the method `watch` reported. */
  changes = 0;
  readonly #answers: { value?: unknown; code?: string }[] = [];
  readonly #ended: Promise<unknown>;
  #asked = 0;

  constructor(stateDir: string, ...args: string[]) {
    const { PATH, NODE_V8_COVERAGE } = process.env;
    const env = { PATH, SWITCHYARD_LOGIN_KEY: 'file', ...(NODE_V8_COVERAGE && { NODE_V8_COVERAGE }) };
    const child = spawn(process.execPath, [program, stateDir, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    this.#ended = once(child, 'close');
    child.stdin.on('error', () => {});
    child.stderr.on('data', (data: Buffer) => keepEvidence('stderr', data.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as { value?: unknown; code?: string; saved?: number; changed?: boolean };
      if (answer.saved !== undefined) this.saved = answer.saved;
      else if (answer.changed === true) this.changes += 1;
      else this.#answers.push(answer);
    });
  }

  /** Sends one request. Rejects with an error that has the same code as the failure in the process. */
  async ask<M extends keyof Answers>(method: M, ...given: unknown[]): Promise<Answers[M]> {
    this.send(method, ...given);
    const at = this.#asked - 1;
    await eventually(`${method} is answered`, () => this.#answers.length > at || this.child.exitCode !== null);
    const answer = this.#answers[at];
    if (answer === undefined || answer.code !== undefined)
      throw Object.assign(new Error(`${method} failed: ${answer?.code ?? 'the process ended'}`), {
        code: answer?.code,
      });
    return answer.value as Answers[M];
  }

  /** Sends one request without waiting for the answer. */
  send(method: keyof Answers, ...given: unknown[]): void {
    this.#asked += 1;
    this.child.stdin?.write(`${JSON.stringify([method, ...given])}\n`);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
