import { randomUUID } from 'node:crypto';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { View } from '../../catalog/view.ts';
import { HttpSession } from './http-session.ts';

export interface SessionLimits {
  readonly maxSessions: number;
  /** How long a session that nobody uses is kept. */
  readonly sessionIdleMs: number;
}

export interface NewSession {
  readonly principal: string;
  readonly view: View;
  readonly revision: string;
  readonly capabilities: JsonObject;
}

const SWEEP_MS = 60_000;

/** The sessions of legacy clients, each bound to who opened it and on which route. */
export class SessionTable {
  readonly #limits: SessionLimits;
  readonly #onClosed: (session: HttpSession) => void;
  readonly #sessions = new Map<string, HttpSession>();
  #sweep: Timer | null = null;

  constructor(limits: SessionLimits, onClosed: (session: HttpSession) => void) {
    this.#limits = limits;
    this.#onClosed = onClosed;
  }

  get size(): number {
    return this.#sessions.size;
  }

  all(): IterableIterator<HttpSession> {
    return this.#sessions.values();
  }

  /** Null where there are too many, all of them in use. */
  open(facts: NewSession): HttpSession | null {
    if (this.#sessions.size >= this.#limits.maxSessions && !this.#evict()) return null;
    const session = new HttpSession({ id: randomUUID(), ...facts });
    this.#sessions.set(session.client.id, session);
    this.#sweep ??= startTimer(SWEEP_MS, () => this.#expire());
    return session;
  }

  /** The session of that id; undefined for that of somebody else, as for none. */
  find(id: unknown, principal: string, view: View): HttpSession | undefined {
    const session = typeof id === 'string' ? this.#sessions.get(id) : undefined;
    if (
      session === undefined ||
      session.client.principal !== principal ||
      session.client.view.route.name !== view.route.name
    )
      return undefined;
    session.touch();
    return session;
  }

  end(session: HttpSession): void {
    if (!this.#sessions.delete(session.client.id)) return;
    session.close();
    this.#onClosed(session);
  }

  close(): void {
    this.#sweep?.cancel();
    for (const session of this.#sessions.values()) this.end(session);
  }

  #expire(): void {
    for (const session of this.#sessions.values()) if (session.idleMs > this.#limits.sessionIdleMs) this.end(session);
    this.#sweep = this.#sessions.size === 0 ? null : startTimer(SWEEP_MS, () => this.#expire());
  }

  /** Ends the session that was not used for longest; false where all are in use. */
  #evict(): boolean {
    let oldest: HttpSession | null = null;
    for (const session of this.#sessions.values())
      if (session.idleMs > 0 && session.idleMs > (oldest?.idleMs ?? 0)) oldest = session;
    if (oldest !== null) this.end(oldest);
    return oldest !== null;
  }
}
