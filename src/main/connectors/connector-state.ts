/**
 * The states of a connector:
 *
 * - `disabled`     the map says so; nothing runs
 * - `connecting`   waits for its turn, shakes hands or lists tools
 * - `ready`        connected, all tools listed
 * - `degraded`     connected and callable, but its tool list is not the whole one
 * - `backing-off`  down; another attempt follows by itself
 * - `needs-login`  down until a person logs in (CONNECTOR_LOGIN_NEEDED); it is not tried again before
 * - `failed`       down, and trying again as it is would not help (a key refused or missing, a login that cannot work, an address that is not allowed)
 * - `closing`      removed or shut down; final
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

/** One transition, as logs and events tell it. */
export interface Transition {
  readonly from: ConnectorState;
  readonly to: ConnectorState;
  /** Why, for people. */
  readonly why: string;
  /** Epoch ms. */
  readonly at: number;
}

/** The state of one connector; every change goes through here and is told once. */
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

  /** The transition that led to the present state. */
  get last(): Transition {
    return this.#last;
  }

  /** Whether calls can be sent. */
  get isUp(): boolean {
    return this.state === 'ready' || this.state === 'degraded';
  }

  /** Goes to `to`. Throws on a transition that the table does not know: a defect of this package, not of its input. */
  to(to: ConnectorState, why: string): void {
    const from = this.state;
    if (!NEXT[from].includes(to)) throw new Error(`A connector cannot go from ${from} to ${to} (${why})`);
    this.#last = { from, to, why, at: this.#now() };
    this.#onTransition(this.#last);
  }
}
