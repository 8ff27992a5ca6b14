import type { Cancellation } from '../../shared/cancellation.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import { connectionKey } from './bring-up/bring-up.ts';
import { ConnectorCalls } from './calls/connector-calls.ts';
import type { ConnectionFacts } from './connection/connection.ts';
import { originOf } from './connection/local-entry.ts';
import type { ConnectorDeps } from './connector-deps.ts';
import type { ConnectorState } from './connector-state.ts';
import { type ConnectorStatus, statusOf } from './connector-status.ts';
import { ConnectionKeeper } from './live/connection-keeper.ts';

/**
 * One connector. It applies changes of its entry, keeps its connection open and sends its calls. Its failures do not
 * affect other connectors.
 */
export class Connector {
  readonly #keeper: ConnectionKeeper;
  /** Sends calls and requests to the connector. */
  readonly calls: ConnectorCalls;

  constructor(entry: ConnectorEntry, deps: ConnectorDeps) {
    this.#keeper = new ConnectionKeeper(entry, deps);
    this.calls = new ConnectorCalls(entry, deps.callTimeoutMs, this.#keeper, deps.createPermits);
  }

  get id(): string {
    return this.#keeper.id;
  }

  get entry(): ConnectorEntry {
    return this.#keeper.entry;
  }

  get state(): ConnectorState {
    return this.#keeper.machine.state;
  }

  /** Whether calls can be sent. */
  get isUp(): boolean {
    return this.#keeper.machine.isUp;
  }

  /** The facts that the handshake established; null while the connector is down. */
  get facts(): ConnectionFacts | null {
    return this.#keeper.up?.connection.facts ?? null;
  }

  /**
   * Resolves when the current attempt has ended, whether it succeeded or failed. Resolves immediately if no attempt is
   * running. Never rejects.
   */
  settled(): Promise<void> {
    return this.#keeper.settled();
  }

  /** Applies the connector's current entry: connects, disconnects, reconnects or updates in place. */
  update(entry: ConnectorEntry): void {
    const keeper = this.#keeper;
    const before = keeper.entry;
    keeper.entry = entry;
    if (entry !== before) this.calls.update(entry);
    if (entry.status === 'disabled') {
      if (this.state === 'disabled') return;
      const why = `Connector ${this.id} was disabled in ${originOf(entry)}.`;
      keeper.end('disabled', new SwitchyardError('CONNECTOR_GONE', why));
      return;
    }
    const needsConnection = entry !== before && connectionKey(entry) !== connectionKey(before);
    if (keeper.up !== null && !needsConnection) void keeper.announce(keeper.up);
    else if (needsConnection || !this.#isWaiting(entry === before))
      keeper.start(`${this.state === 'disabled' ? 'enabled' : 'changed'} in ${originOf(entry)}`);
  }

  /**
   * Retries now if the connector is down, unless the server requested a pause (`Retry-After`). A connector that needs a
   * login is not retried.
   */
  retry(): void {
    const isDown = this.state === 'failed' || this.state === 'backing-off';
    if (isDown && !this.#keeper.isHeld) this.#keeper.start('a retry was requested');
  }

  /** Retries now if the connector is down or needs a login, and reads its tools again if it is up. */
  refresh(): void {
    if (this.state === 'needs-login') this.#keeper.again('a retry was requested');
    else this.retry();
    this.#keeper.relist();
  }

  /** Reads the connector's tools again if it is up. */
  relist(): void {
    this.#keeper.relist();
  }

  /** Connects immediately, whether the connector is down or up, because its login was added, changed or removed. */
  loginChanged(): void {
    this.#keeper.loginChanged();
  }

  /**
   * Waits until the current attempt to connect has ended, because a call may succeed after that. If the connector is
   * backing off, may start an attempt. Rejects with the reason of `signal` if it aborts.
   */
  awaitChance(signal: Cancellation): Promise<void> {
    return this.#keeper.awaitChance(signal);
  }

  /** Returns the error that calls get while the connector is down. */
  unavailable(): SwitchyardError {
    return this.#keeper.unavailable();
  }

  /**
   * Closes the connector for good: its tools are removed, its calls reject with `reason`, and its session ends. With
   * `drainMs`, calls in flight have that many milliseconds to end. A second `close()` ends them immediately.
   * Idempotent.
   */
  close(reason: SwitchyardError, drainMs = 0): Promise<void> {
    if (this.state !== 'closing') this.#keeper.end('closing', reason, drainMs);
    else if (drainMs === 0) this.#keeper.cut(reason);
    return this.#keeper.ended().then(() => this.calls.close());
  }

  /**
   * Whether a connector that is down continues to wait after an update of its entry, instead of connecting now. Valid
   * only for an update that requires no new connection.
   */
  #isWaiting(isSameEntry: boolean): boolean {
    switch (this.state) {
      case 'connecting':
        return true;
      case 'backing-off':
        return this.#keeper.isHeld;
      case 'needs-login':
        return isSameEntry;
      default:
        return false;
    }
  }

  status(): ConnectorStatus {
    const { entry, machine, up, lastError, process } = this.#keeper;
    return statusOf(entry, machine.last, up, lastError, process);
  }
}
