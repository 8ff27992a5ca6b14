/**
 * The states of a connector:
 *
 * - `disabled`: the connector's entry disables it; nothing runs
 * - `connecting`: it waits for its turn, connects, or lists its tools
 * - `ready`: it is connected, and all its tools are listed
 * - `degraded`: it is connected and can be called, but its tool list is incomplete
 * - `backing-off`: it is down, and retries automatically after a pause
 * - `needs-login`: it is down until a person logs in (CONNECTOR_LOGIN_NEEDED), and is not retried before that
 * - `failed`: it is down, and a retry would not help until something changes: its key is refused or missing, its login
 *   cannot work, or its address is not allowed
 * - `closing`: it was removed or shut down; no other state follows
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
    if (!NEXT[from].includes(to))
      throw new Error(`Internal error: a connector cannot change from ${from} to ${to} (${why})`);
    this.#last = { from, to, why, at: this.#now() };
    this.#onTransition(this.#last);
  }
}
