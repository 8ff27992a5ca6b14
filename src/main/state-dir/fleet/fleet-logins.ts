import { hash } from 'node:crypto';
import { monotonicMs, type Random, settledWithin, startTimer, type Timer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import {
  clientIdOf,
  type LoginBinding,
  type LoginKey,
  type LoginRowName,
  type LoginTokens,
  loginIdOf,
  type PendingLoginRecord,
  type RefreshOutcome,
  type RefreshTurn,
  type StoredClient,
  type StoredLogin,
  type StoredLogins,
} from '../../../shared/logins/login-records.ts';
import type { LoginStore, ReplicatedLoginStore } from '../../../shared/logins/login-store.ts';
import type { FleetLoginEvent } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Logger } from '../../observability/logger.ts';
import { LoginReplica } from './login-replica.ts';
import { LOGIN_SCOPE, LoginRowSeals, rowNameOf } from './login-row-seals.ts';
import { LoginTurns } from './login-turns.ts';

/** How long the first read waits for the logins of the fleet, in milliseconds. */
const FIRST_MS = 250;

/** Changes that arrive within this time are handled together. */
const GATHER_MS = 20;

/** Maximum number of changed rows that are compared one by one. If there are more, all rows are compared. */
const MAX_HEARD = 256;

const INTENT = 'intent:';

/** Minimum time between two comparisons of all rows, however many messages arrive. */
const ALL_AGAIN_MS = 1_000;

export interface FleetLoginsDeps {
  readonly local: ReplicatedLoginStore;
  readonly fleet: Fleet;
  readonly random: Random;
  readonly logger: Logger;
  /** Returns the time in epoch milliseconds, on the clock that the local store uses for refresh turns. */
  readonly leaseNow: () => number;
}

/**
 * Logins that all hosts of a fleet share. Each host stores all logins locally, on disk or in memory, and the rows in
 * Redis are encrypted copies. While Redis is unreachable, each host only uses its local store. The host joins the fleet
 * when a login is first requested.
 */
export class FleetLogins implements LoginStore {
  readonly #deps: FleetLoginsDeps;
  readonly #seals: LoginRowSeals;
  readonly #replica: LoginReplica;
  readonly #turns: LoginTurns;
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[] = [];
  readonly #first = Promise.withResolvers<void>();
  /** The names of rows that other hosts reported as changed. */
  #heard = new Set<string>();
  #gathering: Timer | null = null;
  #auditing: Timer | null = null;
  #auditedAtMs = Number.NEGATIVE_INFINITY;
  #unwatch: (() => void) | null = null;
  /** Whether the Redis server was unreachable since this host started to use its logins. */
  #hasBeenAway = false;
  #hasWaited = false;
  #isStarted = false;

  constructor(deps: FleetLoginsDeps) {
    this.#deps = deps;
    const seals = new LoginRowSeals(deps.fleet);
    this.#seals = seals;
    this.#replica = new LoginReplica({ ...deps, seals, onTaken: () => this.#tell() });
    this.#turns = new LoginTurns({ ...deps, seals, replica: this.#replica });
  }

  readEarly(): Promise<StoredLogins | null> {
    this.#start();
    return this.#deps.local.readEarly();
  }

  async readAll(): Promise<StoredLogins> {
    this.#start();
    if (!this.#hasWaited) await settledWithin(this.#first.promise, FIRST_MS);
    this.#hasWaited = true;
    return await this.#deps.local.readAll();
  }

  async saveBinding(binding: LoginBinding): Promise<void> {
    await this.#change({ kind: 'binding', id: binding.bindingId }, (local) => local.saveBinding(binding));
  }

  async saveClient(client: StoredClient): Promise<void> {
    await this.#change({ kind: 'client', id: clientIdOf(client.issuer) }, (local) => local.saveClient(client));
  }

  async removeClient(issuer: string): Promise<void> {
    await this.#change({ kind: 'client', id: clientIdOf(issuer) }, (local) => local.removeClient(issuer));
  }

  async saveLogin(key: LoginKey, tokens: LoginTokens): Promise<StoredLogin> {
    const loginId = loginIdOf(key);
    const saved = await this.#change({ kind: 'login', id: loginId }, (local) => local.saveLogin(key, tokens));
    return (await this.#replica.ownLogin(loginId)) ?? saved;
  }

  removeLogin(loginId: string): Promise<StoredLogin | null> {
    return this.#change({ kind: 'login', id: loginId }, (local) => local.removeLogin(loginId));
  }

  beginRefresh(loginId: string, generation: number): Promise<RefreshTurn> {
    this.#start();
    return this.#turns.begin(loginId, generation);
  }

  endRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null> {
    return this.#turns.end(loginId, leaseId, outcome);
  }

  async keepPending(state: string, login: PendingLoginRecord, ms: number): Promise<void> {
    const name = nameOf(state);
    const bytes = this.#seals.sealPending(name, login);
    await this.#asked(() => this.#deps.fleet.ask((api) => api.keepPendingLogin(LOGIN_SCOPE, name, bytes, ms)));
  }

  async takePending(state: string): Promise<PendingLoginRecord | null> {
    const name = nameOf(state);
    const bytes = await this.#asked(() => this.#deps.fleet.ask((api) => api.takePendingLogin(LOGIN_SCOPE, name)));
    return bytes === null ? null : this.#seals.openPending(name, bytes);
  }

  watch(onChange: () => void): () => void {
    this.#start();
    const listener = (): void => onChange();
    this.#listeners.add(listener);
    this.#unwatch ??= this.#deps.local.watch(() => {
      // This process or another process of this host may have changed a login.
      this.#auditSoon();
      this.#tell();
    });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = null;
    };
  }

  /** Ends timers and watches. Does not close the local store and the fleet, because other code created them. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#unwatch?.();
    this.#gathering?.cancel();
    this.#auditing?.cancel();
    this.#replica.close();
    this.#isStarted = true;
  }

  /** Returns null if the fleet cannot answer. The host where a login started can still finish this login. */
  async #asked<T>(question: () => Promise<T>): Promise<T | null> {
    try {
      return await question();
    } catch (error) {
      if (codeOf(error) === null) throw error;
      return null;
    }
  }

  /** Reads newer rows from the fleet, then changes the local store, and then shares the change with the fleet. */
  async #change<T>(name: LoginRowName, work: (local: ReplicatedLoginStore) => Promise<T>): Promise<T> {
    this.#start();
    await this.#replica.exchange([name]);
    const done = await work(this.#deps.local);
    await this.#replica.exchange([name], 'own');
    return done;
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const { fleet } = this.#deps;
    this.#replica.start();
    this.#hasBeenAway = fleet.status().failure !== null;
    this.#ends.push(
      fleet.on('connection', ({ isConnected }) => {
        if (isConnected) void this.#connected();
        else this.#hasBeenAway = true;
      }),
      fleet.on('logins-changed', (event) => this.#news(event)),
    );
    if (fleet.isConnected) void this.#connected();
  }

  async #connected(): Promise<void> {
    if (this.#hasBeenAway) this.#turns.cameBack();
    await this.#replica.audit();
    this.#first.resolve();
  }

  #news({ scope, rowIds }: FleetLoginEvent): void {
    if (scope !== LOGIN_SCOPE) return;
    if (rowIds === null || this.#heard.size + rowIds.length > MAX_HEARD) {
      this.#auditSoon();
      return;
    }
    for (const rowId of rowIds) this.#heard.add(rowId);
    this.#gathering ??= startTimer(GATHER_MS, () => void this.#look());
  }

  /** Schedules a comparison of all rows. At most one takes place within {@link ALL_AGAIN_MS}. */
  #auditSoon(): void {
    const againMs = this.#auditedAtMs + ALL_AGAIN_MS - monotonicMs();
    this.#auditing ??= startTimer(Math.max(GATHER_MS, againMs), () => {
      this.#auditing = null;
      this.#auditedAtMs = monotonicMs();
      void this.#replica.exchange(null);
    });
  }

  async #look(): Promise<void> {
    const heard = [...this.#heard];
    this.#heard.clear();
    this.#gathering = null;
    const names = heard.map(rowNameOf).filter((name) => name !== null);
    const intents = heard.filter((rowId) => rowId.startsWith(INTENT)).map((rowId) => rowId.slice(INTENT.length));
    await Promise.all([...intents.map((loginId) => this.#turns.hear(loginId)), this.#replica.exchange(names)]);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Hashes the `state` of a login, so that the names of keys in Redis do not reveal it. */
function nameOf(state: string): string {
  return hash('sha256', state);
}
