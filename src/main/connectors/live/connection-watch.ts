import type { BringUp, BroughtUp } from '../bring-up/bring-up.ts';
import type { ConnectionEvents } from '../connection/connection.ts';
import type { ProcessView } from '../connection/process-view.ts';
import type { LiveConnection } from './live-connection.ts';

/**
 * Receives the events of a connection from the first step of its handshake, and forwards them to the live connection
 * once there is one.
 */
export class ConnectionWatch implements ConnectionEvents {
  readonly onProcess: (view: ProcessView) => void;
  readonly #onLost: (up: LiveConnection, error: Error) => void;
  #up: LiveConnection | null = null;
  #lost: Error | null = null;

  readonly onNotification: ConnectionEvents['onNotification'];

  constructor(
    onLost: (up: LiveConnection, error: Error) => void,
    {
      onProcess,
      onNotification,
    }: Pick<Required<ConnectionEvents>, 'onProcess'> & Pick<ConnectionEvents, 'onNotification'>,
  ) {
    this.#onLost = onLost;
    this.onProcess = onProcess;
    this.onNotification = onNotification;
  }

  onLost(error: Error): void {
    this.#lost ??= error;
    if (this.#up !== null) this.#onLost(this.#up, error);
  }

  onToolsChanged(): void {
    this.#up?.refresher.notice();
  }

  /**
   * Returns the result of `bringUp`, if it is still needed and its connection is still open. Rejects as `bringUp` does,
   * with the signal's reason, or with the error that ended the connection. In all these cases, no connection stays
   * open.
   */
  async bring(bringUp: (events: ConnectionEvents) => ReturnType<BringUp>, signal: AbortSignal): Promise<BroughtUp> {
    const arrived = await bringUp(this);
    if (signal.aborted || this.#lost !== null) await arrived.connection.close();
    signal.throwIfAborted();
    if (this.#lost !== null) throw this.#lost;
    return arrived;
  }

  /** Forwards all further events to `up`. */
  take(up: LiveConnection): void {
    this.#up = up;
  }
}
