import type { BringUp, BroughtUp } from '../bring-up/bring-up.ts';
import type { ConnectionEvents } from '../connection/connection.ts';
import type { ProcessView } from '../connection/process-view.ts';
import type { LiveConnection } from './live-connection.ts';

/** Hears what a connection says of its own accord, from the first step of its handshake on, and tells it of what is up. */
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

  /** What `bringUp` brings, if it is still wanted and still there. Rejects as that does, with the signal's reason or with why it was lost, leaving nothing open. */
  async bring(bringUp: (events: ConnectionEvents) => ReturnType<BringUp>, signal: AbortSignal): Promise<BroughtUp> {
    const arrived = await bringUp(this);
    if (signal.aborted || this.#lost !== null) await arrived.connection.close();
    signal.throwIfAborted();
    if (this.#lost !== null) throw this.#lost;
    return arrived;
  }

  /** From here on what happens, happens to `up`. */
  take(up: LiveConnection): void {
    this.#up = up;
  }
}
