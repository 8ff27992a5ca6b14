/**
 * The states of a connector:
 *
 * - `disabled`: the map disables it; nothing runs
 * - `connecting`: waits for its turn, does the handshake or lists tools
 * - `ready`: connected, all tools listed
 * - `degraded`: connected and callable, but its tool list is incomplete
 * - `backing-off`: down; a retry follows automatically
 * - `needs-login`: down until a person logs in (CONNECTOR_LOGIN_NEEDED); no retry before that
 * - `failed`: down, and a retry without a change would not help (a key refused or missing, a login that cannot work, an
 *   address that is not allowed)
 * - `closing`: removed or shut down; final
 */
export type ConnectorState =
  | 'disabled'
  | 'connecting'
  | 'ready'
  | 'degraded'
  | 'backing-off'
  | 'needs-login'
  | 'failed'
  | 'closing';

const NEXT: Readonly<Record<ConnectorState, readonly ConnectorState[]>> = {
  disabled: ['connecting', 'closing'],
  connecting: ['connecting', 'ready', 'degraded', 'backing-off', 'needs-login', 'failed', 'disabled', 'closing'],
  ready: ['connecting', 'degraded', 'backing-off', 'needs-login', 'failed', 'disabled', 'closing'],
  degraded: ['connecting', 'ready', 'degraded', 'backing-off', 'needs-login', 'failed', 'disabled', 'closing'],
  'backing-off': ['connecting', 'disabled', 'closing'],
  'needs-login': ['connecting', 'disabled', 'closing'],
  failed: ['connecting', 'disabled', 'closing'],
  closing: [],
};

/** A transition from one state to another, as logs and events report it. */
export interface Transition {
  readonly from: ConnectorState;
  readonly to: ConnectorState;
  /** The reason, as readable text. */
  readonly why: string;
  /** Epoch ms. */
  readonly at: number;
}

/** The state of one connector. All changes of the state are made here, and each change is reported once. */
export class StateMachine {
  readonly #now: () => number;
  readonly #onTransition: (transition: Transition) => void;
  #last: Transition;

  constructor(now: () => number, why: string, onTransition: (transition: Transition) => void) {
    this.#now = now;
    this.#onTransition = onTransition;
    this.#last = { from: 'disabled', to: 'disabled', why, at: now() };
  }

  get state(): ConnectorState {
    return this.#last.to;
  }

  /** The transition that led to the current state. */
  get last(): Transition {
    return this.#last;
  }

  /** Whether calls can be sent. */
  get isUp(): boolean {
    return this.state === 'ready' || this.state === 'degraded';
  }

  /**
   * Changes the state to `to`. Throws on a transition that the table does not list, which would be a bug in this
   * package.
   */
  to(to: ConnectorState, why: string): void {
    const from = this.state;
    if (!NEXT[from].includes(to)) throw new Error(`A connector cannot go from ${from} to ${to} (${why})`);
    this.#last = { from, to, why, at: this.#now() };
    this.#onTransition(this.#last);
  }
}
