import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { View } from '../../catalog/view.ts';
import type { QuestionIds } from '../../messages/question-ids.ts';
import type { HopSession } from '../../replicas/replica-hop.ts';
import { Shares } from '../../shares.ts';
import { HttpSession } from './http-session.ts';

export interface SessionLimits {
  readonly maxSessions: number;
  /** Time after which an idle session is closed. */
  readonly sessionIdleMs: number;
}

export interface NewSession {
  readonly principal: string;
  /** Caller whose share of the sessions this session uses. */
  readonly payer: string;
  readonly view: View;
  readonly revision: string;
  readonly capabilities: JsonObject;
  readonly clientName?: string | null;
}

/** Operations on sessions that the replicas of a gateway share. */
export interface ReplicatedSessions {
  /** Ids of server requests. From an id, every replica can tell which replica sent the request. */
  readonly questionIds: QuestionIds;
  /** Returns the id of a new session. Every replica can open the session from its id. */
  idOf(facts: NewSession): string;
  /** Returns the facts in an id. Null if no replica made the id, or if its session has ended. */
  open(id: string): (Omit<NewSession, 'payer' | 'view'> & { readonly route: string }) | null;
  /** Called when this replica begins to hold a session: a new session, or a session that another replica opened. */
  held(session: HttpSession, isNew: boolean): void;
}

const SWEEP_MS = 60_000;

/**
 * Sessions of legacy clients. Each is bound to the client that opened it and to its route. At the limit, the caller
 * with the most sessions loses the session that has been idle for longest. A session in use is closed only for another
 * caller, and only if that caller has fewer sessions.
 */
export class SessionTable {
  readonly #limits: SessionLimits;
  /** Sessions in the order of their last use. A session that leaves the cache is closed. */
  readonly #sessions: LRUCache<string, HttpSession>;
  readonly #payers = new WeakMap<HttpSession, string>();
  readonly #counts: Shares;
  readonly #replicated: ReplicatedSessions | null;
  #sweep: Timer | null = null;

  /**
   * If `replicated` is given, a session that was dropped from the table but has not ended is opened again from its id.
   */
  constructor(
    limits: SessionLimits,
    onClosed: (session: HttpSession) => void,
    replicated: ReplicatedSessions | null = null,
  ) {
    this.#limits = limits;
    this.#replicated = replicated;
    this.#counts = new Shares(limits.maxSessions, 1);
    this.#sessions = new LRUCache({
      // With the option `max` instead, the cache would immediately allocate the whole table, even for a large limit.
      maxSize: Math.max(1, limits.maxSessions),
      sizeCalculation: () => 1,
      dispose: (session) => {
        this.#counts.give(this.#payerOf(session));
        session.close();
        onClosed(session);
      },
    });
  }

  get size(): number {
    return this.#sessions.size;
  }

  all(): readonly HttpSession[] {
    return [...this.#sessions.values()];
  }

  /** Opens a session. Returns null if there are too many sessions and all of them are in use. */
  open(facts: NewSession): HttpSession | null {
    const id = this.#replicated === null ? randomUUID() : this.#replicated.idOf(facts);
    return this.#hold(id, facts, true);
  }

  #hold(id: string, { payer, ...facts }: NewSession, isNew: boolean): HttpSession | null {
    if (this.#sessions.size >= this.#limits.maxSessions && !this.#evict(payer)) return null;
    const { questionIds } = this.#replicated ?? {};
    const session = new HttpSession({ id, ...facts, ...(questionIds !== undefined && { questionIds }) });
    this.#payers.set(session, payer);
    this.#counts.take(payer);
    this.#sessions.set(session.client.id, session);
    this.#sweep ??= startTimer(SWEEP_MS, () => this.#expire());
    this.#replicated?.held(session, isNew);
    return session;
  }

  /**
   * Finds a session and marks it as used. Undefined if the session is unknown or belongs to another client or route.
   * Also undefined if the session has to be opened again from its id, and there is no room for it.
   */
  find(id: unknown, principal: string, view: View, payer = principal): HttpSession | undefined {
    const session = typeof id === 'string' ? this.#sessions.peek(id) : undefined;
    if (session === undefined && this.#replicated !== null) {
      const facts = this.#factsOf(id, principal, view);
      return facts === null ? undefined : (this.#hold(String(id), { ...facts, view, payer }, false) ?? undefined);
    }
    if (
      session === undefined ||
      session.client.principal !== principal ||
      session.client.view.route.name !== view.route.name
    )
      return undefined;
    this.touch(session);
    return session;
  }

  /** Returns the session that a message from another replica is about, if this replica has it and all fields match. */
  named({ id, principal, route }: HopSession): HttpSession | undefined {
    const session = this.#sessions.peek(id);
    const isSame = session?.client.principal === principal && session.client.view.route.name === route;
    return isSame ? session : undefined;
  }

  /** True if lack of room is the only reason why {@link find} does not find a session of that client. */
  lacksRoomFor(id: unknown, principal: string, view: View): boolean {
    return this.#factsOf(id, principal, view) !== null;
  }

  /** Returns a session of this replica, without marking it as used. */
  peek(id: string): HttpSession | undefined {
    return this.#sessions.peek(id);
  }

  /** Marks a session as used just now. */
  touch(session: HttpSession): void {
    this.#sessions.get(session.client.id)?.touch();
  }

  end(session: HttpSession): void {
    this.#sessions.delete(session.client.id);
  }

  close(): void {
    this.#sweep?.cancel();
    this.#sessions.clear();
  }

  #factsOf(id: unknown, principal: string, view: View): ReturnType<ReplicatedSessions['open']> {
    const facts = typeof id === 'string' ? (this.#replicated?.open(id) ?? null) : null;
    return facts?.principal === principal && facts.route === view.route.name ? facts : null;
  }

  #expire(): void {
    const isOver = ({ client, idleMs }: HttpSession): boolean =>
      idleMs > this.#limits.sessionIdleMs || this.#replicated?.open(client.id) === null;
    for (const session of this.all()) if (isOver(session)) this.end(session);
    this.#sweep = this.#sessions.size === 0 ? null : startTimer(SWEEP_MS, () => this.#expire());
  }

  /** Makes room for a session of `payer`. Returns false if no session may be closed for it. */
  #evict(payer: string): boolean {
    const own = this.#counts.of(payer);
    // If several callers have equally many sessions, the requesting caller loses a session.
    const callers = this.#counts.byAmount().filter((caller) => caller === payer || this.#counts.of(caller) > own);
    const [most] = callers;
    const leastRecent =
      callers.map((caller) => this.#leastRecent(caller, true)).find((session) => session !== undefined) ??
      (most === undefined || most === payer ? undefined : this.#leastRecent(most, false));
    if (leastRecent !== undefined) this.end(leastRecent);
    return leastRecent !== undefined;
  }

  #leastRecent(payer: string, isIdle: boolean): HttpSession | undefined {
    const isFit = (session: HttpSession): boolean =>
      this.#payerOf(session) === payer && (!isIdle || session.idleMs > 0);
    return [...this.#sessions.rvalues()].find((session) => session !== undefined && isFit(session));
  }

  #payerOf(session: HttpSession): string {
    return this.#payers.get(session) ?? '';
  }
}
