import { raceSignal, settledWithin } from '../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import { type BroughtUp, connectionKey } from './bring-up/bring-up.ts';
import { stateOfListing } from './bring-up/list-tools.ts';
import { ConnectorCalls } from './calls/connector-calls.ts';
import type { CallRoute } from './calls/tool-call.ts';
import type { ConnectionFacts } from './connection/connection.ts';
import { originOf } from './connection/local-entry.ts';
import { type ProcessView, withLastWords } from './connection/process-view.ts';
import type { ConnectorDeps } from './connector-deps.ts';
import { type ConnectorState, StateMachine } from './connector-state.ts';
import { type ConnectorStatus, statusOf } from './connector-status.ts';
import { ConnectionSlot } from './live/connection-slot.ts';
import { ConnectionWatch } from './live/connection-watch.ts';
import { LiveConnection } from './live/live-connection.ts';
import { Reconnection } from './reconnection.ts';
import { unavailableError } from './unavailable-error.ts';

/**
 * Trying again as it is would not help. A name may be given another address some day: the background's retry, once an interval, is soon enough for that, and asks the
 * resolver for names that a map's author chose no more often than it has to.
 */
const PERMANENT: ReadonlySet<string> = new Set([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_AUTH_MISSING',
  'CONNECTOR_LOOP',
  'CONNECTOR_REFUSED',
]);

/** How long a call waits for an attempt that it asked for. */
const PROBE_WAIT_MS = 2_000;

/** One connector: brings it up, keeps it up, ends it. Its failures stay its own. */
export class Connector {
  readonly #deps: ConnectorDeps;
  readonly #machine: StateMachine;
  #entry: ConnectorEntry;
  readonly #slot = new ConnectionSlot();
  /** What is sent to it. */
  readonly calls: ConnectorCalls;
  #settled: Promise<void> = Promise.resolve();
  readonly #reconnection: Reconnection;
  /** Resolves when somebody waits for the attempt under way. */
  #urgency: PromiseWithResolvers<void> = Promise.withResolvers();
  /** The program behind it, the last one that was started. */
  #process: ProcessView | null = null;
  #lastError: SwitchyardError | null = null;

  constructor(entry: ConnectorEntry, deps: ConnectorDeps) {
    this.#entry = entry;
    this.#deps = deps;
    this.calls = new ConnectorCalls(entry, deps.callTimeoutMs, (signal) => this.#route(signal));
    this.#reconnection = new Reconnection(deps.random);
    const why = entry.status === 'disabled' ? `disabled in ${originOf(entry)}` : 'not started';
    this.#machine = new StateMachine(deps.now, why, (transition) => deps.onTransition(this, transition));
  }

  get id(): string {
    return this.#entry.id;
  }

  get entry(): ConnectorEntry {
    return this.#entry;
  }

  get state(): ConnectorState {
    return this.#machine.state;
  }

  /** Whether calls can be sent. */
  get isUp(): boolean {
    return this.#machine.isUp;
  }

  /** The code of what last went wrong; null since it is up again. */
  get lastErrorCode(): string | null {
    return this.#lastError?.code ?? null;
  }

  /** Resolves when the attempt under way has come to an end, whichever; at once if there is none. Never rejects. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /** Takes the entry as the map has it now: comes up, goes down, reconnects or is updated in place. */
  update(entry: ConnectorEntry): void {
    const before = this.#entry;
    this.#entry = entry;
    this.calls.update(entry);
    if (entry.status === 'disabled' && this.state === 'disabled') return;
    const needsConnection = entry !== before && connectionKey(entry) !== connectionKey(before);
    if (entry.status === 'disabled')
      this.#end('disabled', gone(`Connector ${this.id} was disabled in ${originOf(entry)}.`));
    else if (this.#slot.up !== null && !needsConnection) void this.#tell(this.#slot.up);
    else if (this.state !== 'connecting' || needsConnection) {
      this.#start(`${this.state === 'disabled' ? 'enabled' : 'changed'} in ${originOf(entry)}`);
    }
  }

  /** Tries again now if it is down. */
  retry(): void {
    if (this.state === 'failed' || this.state === 'backing-off') this.#start('asked to try again');
  }

  /** Tries again now if it is down, and reads its tools anew if it is up. */
  refresh(): void {
    this.retry();
    if (this.#slot.up === null) return;
    const refreshed = this.#slot.up.refresher.refresh();
    this.#settle(Promise.all([this.#settled, refreshed]).then(() => {}));
  }

  /**
   * Resolves when a call may be worth a try: an attempt under way is waited for, and no longer has to wait for its turn; one that backs off is asked to try at once, unless it
   * just did, and is waited for a while. Rejects with the reason of `signal`.
   */
  async awaitChance(signal: AbortSignal): Promise<void> {
    if (this.state === 'backing-off' && this.#reconnection.mayProbe) {
      this.#reconnection.cancel();
      this.#settle(this.#attempt('a call asks for it'));
      this.#urgency.resolve();
      await raceSignal(settledWithin(this.#settled, PROBE_WAIT_MS), signal);
    } else if (this.state === 'connecting') {
      this.#urgency.resolve();
      await raceSignal(this.#settled, signal);
    }
  }

  /** What the handshake found out; null while it is down. */
  get facts(): ConnectionFacts | null {
    return this.#slot.up?.connection.facts ?? null;
  }

  async #route(signal: AbortSignal): Promise<CallRoute> {
    await this.awaitChance(signal);
    const { up, life } = this.#slot;
    if (up === null || life === null) throw this.unavailable();
    return {
      connection: up.connection,
      life,
      onLost: (error) => this.#lose(up, error),
      onRefused: () => this.#renew(up),
      enter: () => up.enter(),
    };
  }

  /** Ends it for good: its tools go, its calls reject with `reason`, its session ends. Idempotent. */
  close(reason: SwitchyardError): Promise<void> {
    if (this.state !== 'closing') this.#end('closing', reason);
    return Promise.all([this.#settled, this.#slot.emptied()]).then(() => {});
  }

  status(): ConnectorStatus {
    return statusOf(this.#entry, this.#machine.last, this.#slot.up, this.#lastError, this.#process);
  }

  #start(why: string): void {
    if (this.state !== 'disabled') this.#drop(gone(`Connector ${this.id} was changed in ${originOf(this.#entry)}.`));
    this.#reconnection.reset();
    this.#settle(this.#attempt(why));
  }

  #settle(settled: Promise<void>): void {
    this.#settled = settled;
    this.#deps.onSettling(settled);
  }

  /** Never rejects: what goes wrong becomes a state. */
  async #attempt(why: string): Promise<void> {
    const life = this.#slot.begin();
    this.#urgency = Promise.withResolvers();
    this.#reconnection.started();
    const { onNotification } = this.#deps;
    const watch = new ConnectionWatch((up, error) => this.#lose(up, error), {
      onProcess: (view) => {
        this.#process = withLastWords(view, this.#process);
      },
      onNotification: onNotification && ((method, params) => onNotification(this, method, params)),
    });
    try {
      this.#machine.to('connecting', why);
      await this.#slot.closed();
      life.throwIfAborted();
      const { promise: urgent } = this.#urgency;
      const arrived = await watch.bring((events) => this.#deps.bringUp(this.#entry, events, life, urgent), life);
      const up = this.#live(arrived, life);
      watch.take(up);
      await this.#arrive(up, life);
    } catch (error) {
      if (!life.aborted) this.#fail(asSwitchyardError(error, 'CONNECTOR_CONNECT_FAILED'));
    }
  }

  #live(arrived: BroughtUp, life: AbortSignal): LiveConnection {
    const { connection } = arrived;
    const live: LiveConnection = new LiveConnection(arrived, {
      relistAfterMs: this.#deps.relistAfterMs,
      relist: () => this.#deps.relist(this.#entry, connection, life),
      onListing: async (listing, hadWhole) => {
        await this.#deps.onTools(this, listing.tools, connection.facts);
        if (this.#slot.up === live && this.isUp && (listing.cutBecause === null) !== hadWhole)
          this.#machine.to(...stateOfListing(listing));
      },
      onLost: (error) => this.#lose(live, error),
      onListFailed: (error) => this.#deps.onListFailed(this, error),
    });
    return live;
  }

  async #arrive(up: LiveConnection, life: AbortSignal): Promise<void> {
    this.#slot.occupy(up);
    this.#lastError = null;
    await this.#tell(up);
    // Who hears of the tools may have closed everything, and the connection may have broken meanwhile.
    if (!life.aborted && this.#slot.up === up) this.#machine.to(...stateOfListing(up.listing));
  }

  #tell({ listing, connection }: LiveConnection): Promise<void> {
    return this.#deps.onTools(this, listing.tools, connection.facts);
  }

  #fail(error: SwitchyardError): void {
    this.#lastError = error;
    this.#reconnection.failed();
    if (PERMANENT.has(error.code)) {
      this.#machine.to('failed', error.message);
      return;
    }
    // Set before it is told: who hears of it may close everything, this timer included.
    this.#reconnection.schedule((why) => {
      this.#settle(this.#attempt(why));
    });
    this.#machine.to('backing-off', error.message);
  }

  /** The connection of `up` broke by itself. */
  #lose(up: LiveConnection, error: Error): void {
    if (this.#slot.up !== up) return;
    this.#reconnection.lost(up.isStable);
    this.#slot.release(this.id, error);
    this.#fail(asSwitchyardError(error, 'CONNECTOR_CONNECT_FAILED'));
  }

  /** Its credentials are refused: they may have been changed since it connected, so it is connected once with those of now. */
  #renew(up: LiveConnection): void {
    if (this.#slot.up !== up) return;
    this.#slot.release(this.id, new Error('Its credentials were refused'));
    this.#settle(this.#attempt('its credentials were refused'));
  }

  /** Goes down for good or until it is enabled again: what runs ends, the tools go. */
  #end(to: 'disabled' | 'closing', reason: SwitchyardError): void {
    const wasOff = this.state === 'disabled';
    this.#machine.to(to, reason.message);
    if (wasOff) return;
    this.#drop(reason);
    this.#deps.onToolsGone(this);
  }

  /** Ends what runs: the attempt or the connection, the retry, the calls. */
  #drop(reason: SwitchyardError): void {
    this.#reconnection.cancel();
    this.#slot.clear(reason, this.#settled);
  }

  /** The error of calls while it is down. */
  unavailable(): SwitchyardError {
    return unavailableError(this.#entry, this.state, this.#lastError);
  }
}

function gone(message: string): SwitchyardError {
  return new SwitchyardError('CONNECTOR_GONE', message);
}
