import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StartedLogin } from '../../../src/main/index.ts';
import type { FleetOptions } from '../../../src/main/options/fleet-options.ts';
import { REDIRECT } from './log-in.ts';
import { ScriptedBrowser } from './scripted-browser.ts';

const program = fileURLToPath(new URL('../../fixtures/logins/login-user.ts', import.meta.url));

interface Answer {
  readonly id: number;
  readonly value: unknown;
  readonly code: string | null;
}

/** The error for a request to a process that ended before it answered. */
export class ProcessEnded extends Error {
  constructor() {
    super('The process has ended');
  }
}

/**
 * A real process that runs a manager with a state folder (`test/fixtures/logins/login-user.ts`). The process ends when
 * its scope ends.
 */
export class LoginProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #count = 0;

  /** If `stateDir` is empty, the manager has no state folder. `fleet` contains the fleet options. */
  constructor(stateDir: string, configFile: string, fleet: FleetOptions | null = null) {
    const args = [stateDir, configFile, fleet === null ? '' : JSON.stringify(fleet)];
    this.child = fork(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', ({ id, value, code }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (code === null) waiting?.resolve(value);
      else waiting?.reject(new Error(code));
    });
    this.child.on('exit', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new ProcessEnded());
      this.#waiting.clear();
    });
  }

  /** Rejects with the code of the error as its message, or with {@link ProcessEnded}. */
  async ask<T>(action: string, argument = ''): Promise<T> {
    this.#count += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#count, waiting);
    this.child.send({ id: this.#count, action, argument }, (error) => {
      if (error !== null) waiting.reject(new ProcessEnded());
    });
    return (await waiting.promise) as T;
  }

  /** Logs a user in, through a scripted browser. */
  async logIn(connectorId: string): Promise<void> {
    const { authorizationUrl } = await this.ask<StartedLogin>('start', connectorId);
    const came = await new ScriptedBrowser().follow(authorizationUrl, { stopAt: REDIRECT.redirectUrl });
    await this.ask('finish', new URL(came.url).search);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
