import { randomUUID } from 'node:crypto';
import { type Clock, startTimer, systemClock, type Timer } from '../../shared/clock.ts';
import {
  clientIdOf,
  type LoginBinding,
  type LoginContent,
  type LoginKey,
  type LoginRow,
  type LoginRowName,
  type LoginRows,
  type LoginTokens,
  loginIdOf,
  type RefreshOutcome,
  type RefreshTurn,
  type StoredClient,
  type StoredLogin,
  type StoredLogins,
} from '../../shared/logins/login-records.ts';
import type { ReplicatedLoginStore } from '../../shared/logins/login-store.ts';
import { beginTurn, endTurn, NO_REFRESH, type RefreshState } from '../../shared/logins/refresh-turns.ts';

/** The owner of all leases. Only one process uses a store in memory, so the owner of a lease is always alive. */
const OWNER = 'this process';

/**
 * Stores logins in the memory of this process, for hosts without a state folder. The logins are lost when the process
 * ends. Refresh turns work as in a store on disk, so that two managers can share one store.
 */
export class MemoryLogins implements ReplicatedLoginStore {
  readonly #clock: Clock;
  readonly #storeId = randomUUID();
  /** Rows by kind and name. Removed rows stay, so that no generation is used twice. */
  readonly #rows = new Map<string, LoginRow>();
  readonly #refreshes = new Map<string, RefreshState>();
  readonly #listeners = new Set<() => void>();
  #telling: Timer | null = null;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  readEarly(): Promise<null> {
    return Promise.resolve(null);
  }

  async readAll(): Promise<StoredLogins> {
    const rows = [...this.#rows.values()];
    return {
      bindings: rows.flatMap((row) => (row.kind === 'binding' ? (row.value ?? []) : [])),
      logins: rows.flatMap((row) => (row.kind === 'login' ? (loginIn(row) ?? []) : [])),
      clients: rows.flatMap((row) => (row.kind === 'client' ? (row.value ?? []) : [])),
      unreadable: 0,
    };
  }

  async saveBinding(binding: LoginBinding): Promise<void> {
    this.#put('binding', binding.bindingId, binding);
  }

  async saveClient(client: StoredClient): Promise<void> {
    this.#put('client', clientIdOf(client.issuer), client);
  }

  async removeClient(issuer: string): Promise<void> {
    this.#remove('client', clientIdOf(issuer));
  }

  async saveLogin(key: LoginKey, tokens: LoginTokens): Promise<StoredLogin> {
    return this.#putLogin(loginIdOf(key), { key, tokens, lostBecause: null });
  }

  async removeLogin(loginId: string): Promise<StoredLogin | null> {
    const removed = this.#login(loginId);
    this.#refreshes.delete(loginId);
    this.#remove('login', loginId);
    return removed;
  }

  async beginRefresh(loginId: string, generation: number): Promise<RefreshTurn> {
    const { turn, state } = beginTurn(this.#login(loginId), this.#refreshOf(loginId), {
      generation,
      nowMs: this.#clock.now(),
      leaseId: randomUUID(),
      owner: OWNER,
      isGone: () => false,
    });
    if (state !== null) this.#refreshes.set(loginId, state);
    return turn;
  }

  async endRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null> {
    const login = this.#login(loginId);
    if (login === null) return null;
    const ended = endTurn(login, this.#refreshOf(loginId), leaseId, outcome);
    if (ended === null) return login;
    if (ended.hasChanged) {
      const { key, tokens, lostBecause } = ended.login;
      return this.#putLogin(loginId, { key, tokens, lostBecause });
    }
    this.#refreshes.set(loginId, ended.state);
    return ended.login;
  }

  async readRows(names: readonly LoginRowName[] | null): Promise<LoginRows> {
    const { size } = this.#rows;
    const rows =
      names === null
        ? [...this.#rows.values()]
        : names.flatMap(({ kind, id }) => this.#rows.get(`${kind}:${id}`) ?? []);
    return { storeId: size === 0 ? null : this.#storeId, rows };
  }

  async adoptRows(rows: readonly LoginRow[]): Promise<readonly LoginRowName[]> {
    const nameOf = ({ kind, id }: LoginRowName): string => `${kind}:${id}`;
    const taken = rows.filter((row) => row.generation > (this.#rows.get(nameOf(row))?.generation ?? 0));
    for (const row of taken) {
      this.#rows.set(nameOf(row), row);
      if (row.kind === 'login') this.#refreshes.delete(row.id);
    }
    if (taken.length > 0) this.#changed();
    return taken;
  }

  watch(onChange: () => void): () => void {
    // Each watch gets its own listener, because two watches may have the same function.
    const listener = (): void => onChange();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #refreshOf(loginId: string): RefreshState {
    return this.#refreshes.get(loginId) ?? NO_REFRESH;
  }

  #login(loginId: string): StoredLogin | null {
    const row = this.#rows.get(`login:${loginId}`);
    return row?.kind === 'login' ? loginIn(row) : null;
  }

  #putLogin(loginId: string, content: LoginContent): StoredLogin {
    this.#refreshes.delete(loginId);
    return { loginId, generation: this.#put('login', loginId, content), ...content };
  }

  #put<K extends LoginRow['kind']>(kind: K, id: string, value: Extract<LoginRow, { kind: K }>['value']): number {
    const name = `${kind}:${id}`;
    const generation = (this.#rows.get(name)?.generation ?? 0) + 1;
    this.#rows.set(name, { kind, id, generation, value } as LoginRow);
    this.#changed();
    return generation;
  }

  #remove(kind: 'client' | 'login', id: string): void {
    const present = this.#rows.get(`${kind}:${id}`)?.value ?? null;
    if (present !== null) this.#put(kind, id, null);
  }

  /** Notifies the listeners in a later turn of the event loop, once for all changes of this turn. */
  #changed(): void {
    if (this.#listeners.size === 0) return;
    this.#telling ??= startTimer(0, () => {
      this.#telling = null;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

function loginIn({ id, generation, value }: Extract<LoginRow, { kind: 'login' }>): StoredLogin | null {
  return value === null ? null : { loginId: id, generation, ...value };
}
