import { monotonicMs, startTimer, type Timer } from '../../shared/clock.ts';
import { asSwitchyardError, type SwitchyardError } from '../../shared/errors.ts';
import type { ServerChange } from '../../shared/servers/server-records.ts';
import { recordRegistryCommit } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';

/** Delay before changes that could not be written are tried again. */
const RETRY_MS = 1_000;

/**
 * Combines changes into commits. Only one commit runs at a time, and changes that arrive during a commit form the next
 * one. If a server changes several times, the last change is written. Changes that cannot be written are kept, and
 * tried again with the next changes or after a delay.
 */
export class GroupCommit {
  readonly #write: (changes: readonly ServerChange[]) => Promise<void>;
  readonly #logger: Logger;
  #gathered = new Map<string, ServerChange>();
  #inFlight: ReadonlyMap<string, ServerChange> = new Map();
  /** Settles when the changes that wait for the next commit are written, or when their commit fails. */
  #next: PromiseWithResolvers<void> | null = null;
  #running: Promise<void> | null = null;
  #retry: Timer | null = null;
  #hasFailed = false;

  constructor(write: (changes: readonly ServerChange[]) => Promise<void>, logger: Logger) {
    this.#write = write;
    this.#logger = logger;
  }

  /** Whether a change of this server has not been written to the store yet. */
  isPending(name: string): boolean {
    return this.#gathered.has(name) || this.#inFlight.has(name);
  }

  /** Returns the changes that may not be on disk yet: the last change of each server. */
  pending(): ServerChange[] {
    return [...new Map([...this.#inFlight, ...this.#gathered]).values()];
  }

  /** Adds changes. Resolves when they are on disk; rejects if their commit fails. */
  add(changes: readonly ServerChange[]): Promise<void> {
    for (const change of changes) this.#gathered.set(change.name, change);
    return this.#committed();
  }

  /** Resolves when all changes are on disk; rejects if a commit fails. */
  async settled(): Promise<void> {
    if (this.#gathered.size === 0) await this.#running;
    if (this.#gathered.size > 0) await this.#committed();
  }

  /** Stops the automatic retries. */
  stop(): void {
    this.#retry?.cancel();
  }

  #committed(): Promise<void> {
    this.#next ??= Promise.withResolvers<void>();
    const { promise } = this.#next;
    // The commit starts in a later microtask, so that it includes all changes of one turn of the event loop.
    this.#running ??= Promise.resolve().then(() => this.#run());
    return promise;
  }

  async #run(): Promise<void> {
    this.#retry?.cancel();
    while (this.#gathered.size > 0) {
      const batch = this.#gathered;
      const ticket = this.#next;
      this.#gathered = new Map();
      this.#inFlight = batch;
      this.#next = null;
      const startedMs = monotonicMs();
      try {
        await this.#write([...batch.values()]);
        this.#inFlight = new Map();
        recordRegistryCommit(monotonicMs() - startedMs, batch.size, 'ok');
        if (this.#hasFailed) this.#logger.info({ event: 'registry-recovered' }, 'The registry can be written again');
        this.#hasFailed = false;
        ticket?.resolve();
      } catch (error) {
        this.#inFlight = new Map();
        recordRegistryCommit(monotonicMs() - startedMs, batch.size, 'error');
        // A change of the same server that arrived during the commit is newer, so it takes precedence.
        this.#gathered = new Map([...batch, ...this.#gathered]);
        this.#fail(asSwitchyardError(error, 'STORE_UNAVAILABLE'), ticket);
        break;
      }
    }
    this.#running = null;
  }

  #fail(error: SwitchyardError, ticket: PromiseWithResolvers<void> | null): void {
    if (!this.#hasFailed)
      this.#logger.error(
        { event: 'registry-write-failed', code: error.code, err: error },
        `${error.message} The write is retried.`,
      );
    this.#hasFailed = true;
    const next = this.#next;
    this.#next = null;
    ticket?.reject(error);
    next?.reject(error);
    this.#retry = startTimer(RETRY_MS, () => {
      this.#running ??= this.#run();
    });
  }
}
