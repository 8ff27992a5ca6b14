import type { Cancellation } from '../../../shared/cancellation.ts';
import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { detached } from '../../observability/trace.ts';
import type { BroughtUp } from '../bring-up/bring-up.ts';
import { stateOfListing } from '../bring-up/list-tools.ts';
import type { CallRoute } from '../calls/call-route.ts';
import { originOf } from '../connection/local-entry.ts';
import { type ProcessView, withLastWords } from '../connection/process-view.ts';
import type { ConnectorDeps, ConnectorIdentity } from '../connector-deps.ts';
import { StateMachine } from '../connector-state.ts';
import { unavailableError } from '../unavailable-error.ts';
import { ConnectionSlot } from './connection-slot.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { fateOf } from './fate.ts';
import type { LiveConnection } from './live-connection.ts';
import { openLiveConnection } from './open-live-connection.ts';
import { Reconnection } from './reconnection.ts';

/** Maximum time that a call waits for an attempt to connect, if the call itself started the attempt. */
const PROBE_WAIT_MS = 2_000;

/**
 * Opens the connection of one connector, keeps it open, and provides it to calls. Every failure leads to a new state
 * (`fate.ts`). A backoff ends with an automatic retry, and the state needs-login ends with {@link loginChanged}.
 */
export class ConnectionKeeper implements ConnectorIdentity, CallRoute {
  /** The current entry of the connector. */
  entry: ConnectorEntry;
  readonly machine: StateMachine;
  readonly #deps: ConnectorDeps;
  readonly #slot = new ConnectionSlot();
  readonly #reconnection: Reconnection;
  #settled: Promise<void> = Promise.resolve();
  /** Resolves when a caller starts to wait for the current attempt. */
  #urgency: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Whether the login has changed during the current attempt, which may have used the old login. */
  #isLoginNewer = false;
  #process: ProcessView | null = null;
  /** The last error; null once the connection is up again. */
  #lastError: SwitchyardError | null = null;

  constructor(entry: ConnectorEntry, deps: ConnectorDeps) {
    this.entry = entry;
    this.#deps = deps;
    this.#reconnection = new Reconnection(deps.random);
    const why = entry.status === 'disabled' ? `disabled in ${originOf(entry)}` : 'not started';
    this.machine = new StateMachine(deps.now, why, (transition) => deps.onTransition(this, transition));
  }

  get id(): string {
    return this.entry.id;
  }

  get lastErrorCode(): string | null {
    return this.#lastError?.code ?? null;
  }

  get lastError(): SwitchyardError | null {
    return this.#lastError;
  }

  get up(): LiveConnection | null {
    return this.#slot.up;
  }

  /** The process of the last stdio server that was started. */
  get process(): ProcessView | null {
    return this.#process;
  }

  /** Resolves when the current attempt or list read has ended, whether it succeeded or failed. Never rejects. */
  settled(): Promise<void> {
    return this.#settled;
  }

  get isHeld(): boolean {
    return this.#reconnection.isHeld;
  }

  /** Connects with the current entry, after ending the current connection or attempt. */
  start(why: string): void {
    if (this.machine.state !== 'disabled') {
      const reason = `Connector ${this.id} was changed in ${originOf(this.entry)}.`;
      this.cut(new SwitchyardError('CONNECTOR_GONE', reason));
    }
    this.again(why);
  }

  /** Starts another attempt now. Calls in flight over a lost connection may still finish. */
  again(why: string): void {
    this.#reconnection.reset();
    this.#settle(this.#attempt(why));
  }

  /**
   * Connects immediately, because a person logged in or out, here or in another process. A connection that is up is
   * replaced, because its session and its tools belong to the old login. An attempt that fails for lack of a login is
   * repeated.
   */
  loginChanged(): void {
    const { state } = this.machine;
    if (state === 'connecting') this.#isLoginNewer = true;
    else if (this.#slot.up !== null) this.#reconnect('its login changed');
    else if (state !== 'disabled' && state !== 'closing' && !this.isHeld) this.again('its login changed');
    this.#urgency.resolve();
  }

  /** Reads the tools again if the connection is up. */
  relist(): void {
    if (this.#slot.up === null) return;
    const refreshed = this.#slot.up.refresher.refresh();
    this.#settle(Promise.all([this.#settled, refreshed]).then(() => {}));
  }

  /** Reports the last tool list of a connection, together with the current entry. */
  announce({ listing, connection }: LiveConnection): Promise<void> {
    return this.#deps.onTools(this, listing, connection.facts);
  }

  /** Closes the connector for good or until its next start, and removes its tools. Calls have `drainMs` to end. */
  end(to: 'disabled' | 'closing', reason: SwitchyardError, drainMs = 0): void {
    const wasOff = this.machine.state === 'disabled';
    this.machine.to(to, reason.message);
    if (wasOff) return;
    if (drainMs > 0 && this.#slot.drain(reason, drainMs)) this.#reconnection.cancel();
    else this.cut(reason);
    this.#deps.onToolsGone(this);
  }

  /** Ends the current connection or attempt, cancels the next attempt, and aborts all calls, even draining ones. */
  cut(reason: SwitchyardError): void {
    this.#reconnection.cancel();
    this.#slot.clear(reason, this.#settled);
  }

  /** Resolves when no work remains and every connection is closed. Never rejects. */
  async ended(): Promise<void> {
    await Promise.all([this.#settled, this.#slot.emptied()]);
  }

  reach(signal: Cancellation): LiveConnection | Promise<LiveConnection> {
    const up = this.machine.isUp ? this.#slot.up : null;
    return up ?? this.awaitChance(signal).then(() => this.#slot.up ?? Promise.reject(this.unavailable()));
  }

  /**
   * Waits until a call may succeed. Speeds up an attempt in progress and waits for its end. If the connector is backing
   * off, starts an attempt (at most one per second) and waits at most 2 s for it. Rejects with the reason of `signal`.
   */
  async awaitChance(signal: Cancellation): Promise<void> {
    const { state } = this.machine;
    if (state === 'backing-off' && this.#reconnection.mayProbe) {
      this.#reconnection.cancel();
      this.#settle(this.#attempt('a call requested it'));
      this.#urgency.resolve();
      await raceSignal(settledWithin(this.#settled, PROBE_WAIT_MS), signal);
    } else if (state === 'connecting') {
      this.#urgency.resolve();
      await raceSignal(this.#settled, signal);
    }
  }

  /** Returns the error that calls get while the connector is down. */
  unavailable(): SwitchyardError {
    return unavailableError(this.entry, this.machine.state, this.#lastError);
  }

  lose(up: LiveConnection, error: Error, isGone = false): void {
    if (this.#slot.up !== up) return;
    this.#reconnection.lost(up.isStable);
    this.#slot.release(this.id, error, isGone);
    this.#fail(asSwitchyardError(error, 'CONNECTOR_CONNECT_FAILED'));
  }

  /** Reconnects with the current credentials, which may have changed since this connection was made. */
  renewCredentials(up: LiveConnection): void {
    if (this.#slot.up === up) this.#reconnect('its credentials were refused');
  }

  #reconnect(why: string): void {
    this.#slot.release(this.id, new Error(`Connector ${this.id} is reconnecting: ${why}.`), false);
    this.#settle(this.#attempt(why));
  }

  #settle(settled: Promise<void>): void {
    this.#settled = settled;
    this.#deps.onSettling(settled);
  }

  /** Attempts to bring the connector up. Never rejects, because a failure leads to a new state. */
  async #attempt(why: string): Promise<void> {
    const life = this.#slot.begin();
    this.#urgency = Promise.withResolvers();
    this.#isLoginNewer = false;
    this.#reconnection.started();
    const { onNotification } = this.#deps;
    const watch = new ConnectionWatch((up, error) => this.lose(up, error, true), {
      onProcess: (view) => {
        this.#process = withLastWords(view, this.#process);
      },
      onNotification: onNotification && ((method, params) => onNotification(this, method, params)),
    });
    try {
      this.machine.to('connecting', why);
      await this.#slot.closed();
      life.throwIfAborted();
      const { promise: urgent } = this.#urgency;
      const arrived = await watch.bring((events) => this.#deps.bringUp(this.entry, events, life, urgent), life);
      const up = this.#live(arrived, life);
      watch.take(up);
      await this.#arrive(up);
    } catch (error) {
      if (life.aborted) return;
      const coded = asSwitchyardError(error, 'CONNECTOR_CONNECT_FAILED');
      // The attempt is repeated rather than ended, so that calls that wait for it use the new login.
      if (this.#isLoginNewer && fateOf(coded) !== 'backing-off') await this.#attempt('its login changed');
      else this.#fail(coded);
    }
  }

  #live(arrived: BroughtUp, life: AbortSignal): LiveConnection {
    const live: LiveConnection = openLiveConnection(arrived, life, this, this.#deps, {
      onLost: (error) => this.lose(live, error),
      onWholeness: (listing) => {
        if (this.#slot.up === live && this.machine.isUp) this.machine.to(...stateOfListing(listing));
      },
    });
    return live;
  }

  async #arrive(up: LiveConnection): Promise<void> {
    this.#slot.occupy(up);
    this.#lastError = null;
    await this.announce(up);
    // While the tools were announced, the connector may have been closed, or the connection may have broken.
    if (!up.life.aborted && this.#slot.up === up) this.machine.to(...stateOfListing(up.listing));
  }

  #fail(error: SwitchyardError): void {
    this.#lastError = error;
    this.#reconnection.failed(error);
    const fate = fateOf(error);
    // The timer is set before the transition is reported, so that a listener that closes the connector also cancels it.
    // The attempt is detached from the trace of the failed operation, because it outlives that operation.
    if (fate === 'backing-off') this.#reconnection.schedule((why) => detached(() => this.#settle(this.#attempt(why))));
    this.machine.to(fate, error.message);
  }
}
