import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplicaSet } from './replica-set.ts';

/**
 * When a replica was killed, and when its process had ended, in ms of `performance.now()`. In between, the replica may
 * still accept connections. The second time is null until the process has ended.
 */
export interface Kill {
  readonly replica: number;
  readonly atMs: number;
  endedAtMs: number | null;
}

/** Kills one replica after another, every `everyMs`, and restarts each immediately. */
export class ReplicaKiller implements AsyncDisposable {
  readonly kills: Kill[] = [];
  readonly #set: ReplicaSet;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(set: ReplicaSet, everyMs: number) {
    this.#set = set;
    this.#done = this.#run(everyMs);
    // Prevents an unhandled rejection, because `#done` is awaited only at the end.
    this.#done.catch(() => {});
  }

  /** Rejects if a replica could not be restarted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(everyMs: number): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      try {
        await sleep(everyMs, undefined, { signal: this.#stop.signal });
      } catch {
        return;
      }
      const kill: Kill = { replica: turn % this.#set.size, atMs: performance.now(), endedAtMs: null };
      this.kills.push(kill);
      await this.#set.kill(kill.replica);
      kill.endedAtMs = performance.now();
      await this.#set.start(kill.replica);
    }
  }
}
