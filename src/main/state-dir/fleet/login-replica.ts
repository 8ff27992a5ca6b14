import { monotonicMs, nextTurn, type Random, startTimer, type Timer } from '../../../shared/clock.ts';
import { asSwitchyardError } from '../../../shared/errors.ts';
import type { LoginRow, LoginRowName, LoginRows, StoredLogin } from '../../../shared/logins/login-records.ts';
import type { ReplicatedLoginStore } from '../../../shared/logins/login-store.ts';
import type { FleetLoginRow } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Logger } from '../../observability/logger.ts';
import { contentOf, LOGIN_SCOPE, type LoginRowSeals, rowIdOf, rowNameOf } from './login-row-seals.ts';
import { RefusedRows } from './refused-rows.ts';

/** Maximum number of attempts to write a row that another host changes at the same moment. */
const MAX_ROUNDS = 4;

/** Number of rows that are decrypted in one turn of the event loop, or written at the same time. */
const CHUNK = 32;

/** Average time between two comparisons of all rows. They find changes whose message was lost, and damaged rows. */
const AUDIT_MS = 30_000;

/**
 * How long a host waits after its start for the first comparison with the fleet, in milliseconds. This is shorter than
 * the connect timeout of connectors, so that connectors still connect without Redis.
 */
const FIRST_COMPARISON_MS = 7_000;

export interface LoginReplicaDeps {
  readonly local: ReplicatedLoginStore;
  readonly fleet: Pick<Fleet, 'ask' | 'isConnected' | 'status'>;
  readonly seals: LoginRowSeals;
  readonly random: Random;
  readonly logger: Logger;
  /** Called when rows of other hosts were stored locally. */
  readonly onTaken: () => void;
}

/** Which row wins if both rows have the same generation and different contents. */
type Winner = 'own' | 'fleet';

/** The row of this host and the row of the fleet that have the same name. */
interface Pair {
  readonly mine: LoginRow | null;
  readonly sealed: FleetLoginRow | null;
  readonly theirs: LoginRow | null;
}

/**
 * Makes the rows of the local store and of the fleet the same. The row with the higher generation wins, so an old row
 * that someone restored is overwritten, and an empty Redis server is filled again.
 */
export class LoginReplica {
  readonly #deps: LoginReplicaDeps;
  readonly #refused: RefusedRows;
  #last: Promise<unknown> = Promise.resolve();
  #audit: Timer | null = null;
  #storeId: string | null = null;
  /**
   * When the fleet was last found to lack a login of this host, in milliseconds of the monotonic clock; null if never.
   */
  #lackedAtMs: number | null = null;
  #hasCompared = false;
  #startedAtMs = Number.POSITIVE_INFINITY;

  constructor(deps: LoginReplicaDeps) {
    this.#deps = deps;
    this.#refused = new RefusedRows(deps.logger);
  }

  /** The id of this host's store, by which other hosts know it. Null while the store is empty. */
  get storeId(): string | null {
    return this.#storeId;
  }

  /**
   * When the fleet was last found to lack a login of this host, in milliseconds of the monotonic clock; null if never.
   */
  get lackedAtMs(): number | null {
    return this.#lackedAtMs;
  }

  /** Records that this host starts to use its logins. */
  start(): void {
    this.#startedAtMs = monotonicMs();
  }

  /** Compares all rows now, and then periodically. Never rejects. */
  async audit(): Promise<void> {
    this.#audit?.cancel();
    const pauseMs = AUDIT_MS * (0.75 + this.#deps.random.next() / 2);
    this.#audit = startTimer(pauseMs, () => void this.audit());
    await this.exchange(null);
  }

  close(): void {
    this.#audit?.cancel();
    this.#audit = null;
  }

  /**
   * Stores the rows that are newer in the fleet, and sends the fleet the rows that are newer on this host. If `names`
   * is null, compares all rows. Resolves with false if the exchange is not possible now. A later comparison repeats it.
   * Never rejects.
   */
  exchange(names: readonly LoginRowName[] | null, winner: Winner = 'fleet'): Promise<boolean> {
    const done = this.#last.then(() => this.#exchange(names, winner));
    this.#last = done;
    return done;
  }

  /** Sends the fleet a row that the local store could not save. Never rejects. */
  async give(row: LoginRow): Promise<void> {
    try {
      await this.#write(row, null);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Returns a login from the local store, or null if the store does not have it. */
  async ownLogin(loginId: string): Promise<StoredLogin | null> {
    const { storeId, rows } = await this.#deps.local.readRows([{ kind: 'login', id: loginId }]);
    this.#storeId = storeId;
    const [row] = rows;
    if (row?.kind !== 'login' || row.value === null) return null;
    return { loginId, generation: row.generation, ...row.value };
  }

  /** Whether this host may refresh the login while the Redis server is unreachable. */
  isHome({ home }: StoredLogin): boolean {
    return home === undefined || home === this.#storeId;
  }

  /**
   * Whether this host should wait, because another host may have refreshed its logins before it started. Returns false
   * after the first comparison of all rows, and 7 s after the start, because Redis may be unreachable for long. Also
   * returns false if the fleet thread cannot start.
   */
  mayBeBehind(): boolean {
    if (this.#hasCompared || monotonicMs() - this.#startedAtMs > FIRST_COMPARISON_MS) return false;
    const { failure } = this.#deps.fleet.status();
    return failure === null || failure.code === 'FLEET_UNAVAILABLE';
  }

  async #exchange(names: readonly LoginRowName[] | null, winner: Winner): Promise<boolean> {
    const { fleet } = this.#deps;
    try {
      let rest: readonly LoginRowName[] | null = names;
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        if (!fleet.isConnected || rest?.length === 0) return rest?.length === 0;
        rest = await this.#once(rest, winner);
      }
      return rest?.length === 0;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /**
   * Compares rows once. Resolves with the rows to compare again, because another host changed them at the same time.
   */
  async #once(names: readonly LoginRowName[] | null, winner: Winner): Promise<readonly LoginRowName[]> {
    const { local, fleet } = this.#deps;
    const rowIds = names?.map(rowIdOf) ?? null;
    const sealed = await fleet.ask((api) => api.readLogins(LOGIN_SCOPE, rowIds));
    const own = await local.readRows(names);
    this.#storeId = own.storeId ?? this.#storeId;
    const pairs = await this.#pairs(own, sealed);
    const taken: LoginRow[] = [];
    const given: { readonly row: LoginRow; readonly over: FleetLoginRow | null }[] = [];
    for (const { mine, sealed: over, theirs } of pairs) {
      if (theirs === null) {
        if (mine !== null && this.#mayReplace(mine, over)) given.push({ row: mine, over });
      } else if (mine === null || theirs.generation > mine.generation) taken.push(theirs);
      else if (theirs.generation < mine.generation) given.push({ row: mine, over: null });
      else if (contentOf(mine, this.#storeId) !== contentOf(theirs, null)) {
        const won = winner === 'own' ? this.#named(mine) : theirs;
        const next = { ...won, generation: won.generation + 1 };
        taken.push(next);
        given.push({ row: next, over: null });
      }
    }
    if (taken.length > 0 && (await local.adoptRows(taken)).length > 0) this.#deps.onTaken();
    this.#hasCompared ||= names === null;
    return this.#give(given);
  }

  async #give(
    given: readonly { readonly row: LoginRow; readonly over: FleetLoginRow | null }[],
  ): Promise<readonly LoginRowName[]> {
    const refused: LoginRowName[] = [];
    for (let at = 0; at < given.length; at += CHUNK) {
      const chunk = given.slice(at, at + CHUNK);
      const isWritten = await Promise.all(chunk.map(({ row, over }) => this.#write(row, over)));
      refused.push(...chunk.filter((_, index) => isWritten[index] === false).map(({ row }) => row));
    }
    return refused;
  }

  #write(row: LoginRow, over: FleetLoginRow | null): Promise<boolean> {
    const sealed = this.#deps.seals.seal(this.#named(row));
    return this.#deps.fleet.ask((api) => api.writeLogin(LOGIN_SCOPE, sealed, over));
  }

  async #pairs({ rows }: LoginRows, sealed: readonly FleetLoginRow[]): Promise<readonly Pair[]> {
    const mine = new Map(rows.map((row) => [rowIdOf(row), row]));
    const pairs: Pair[] = [];
    for (const [index, row] of sealed.entries()) {
      if (index > 0 && index % CHUNK === 0) await nextTurn();
      // The remaining rows announce refreshes. `LoginTurns` reads them.
      if (rowNameOf(row.rowId) === null) continue;
      const theirs = this.#deps.seals.open(row);
      pairs.push({ mine: mine.get(row.rowId) ?? null, sealed: row, theirs });
      mine.delete(row.rowId);
      if (theirs !== null) this.#refused.forget(row.rowId);
    }
    return [...pairs, ...[...mine.values()].map((row) => ({ mine: row, sealed: null, theirs: null }))];
  }

  /**
   * Whether this host's row may replace the row of the fleet. A row that cannot be decrypted may belong to hosts with a
   * newer secret, so at first only the host that refreshes the login may replace it.
   */
  #mayReplace(mine: LoginRow, over: FleetLoginRow | null): boolean {
    if (over === null) {
      if (mine.kind === 'login' && mine.value !== null) this.#lackedAtMs = monotonicMs();
      return true;
    }
    const isOwn =
      mine.kind === 'login' && mine.value !== null && this.isHome({ loginId: '', generation: 0, ...mine.value });
    return this.#refused.note(over) || isOwn;
  }

  /** Makes this host the home of a login without a home. Only the home may refresh the login without Redis. */
  #named(row: LoginRow): LoginRow {
    if (row.kind !== 'login' || row.value === null) return row;
    const home = row.value.home ?? this.#storeId ?? undefined;
    return { ...row, value: { ...row.value, home } };
  }

  #failed(error: unknown): void {
    const { code, message } = asSwitchyardError(error);
    // The fleet itself reports that the Redis server is unreachable.
    if (code === 'FLEET_UNAVAILABLE') return;
    this.#deps.logger.warn({ event: 'fleet-logins-failed', code }, `Logins cannot be shared at the moment: ${message}`);
  }
}
