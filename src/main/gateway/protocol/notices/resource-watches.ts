import { raceSignal } from '../../../../shared/clock.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { invalidParams } from '../../messages/rpc-errors.ts';
import { Shares } from '../../shares.ts';
import { offersUpdates } from '../forwarding/negotiated.ts';

interface Watch {
  readonly connectorId: string;
  readonly uri: string;
  count: number;
  /** Resolves with the function that ends the watch at the connector. */
  stop: Promise<() => void>;
}

/** Maximum number of watches of all clients together. One client may have half of them. */
const MAX_WATCHES = 10_000;
const SHARE_OF_ONE = 0.5;

/** How long a connector may take to accept a watch. */
const WATCH_TIMEOUT_MS = 5_000;

/**
 * Resources that clients watch. Each is watched once at its connector, however many clients watch it. The watch starts
 * again when the connector reconnects.
 */
export class ResourceWatches {
  readonly #manager: ConnectorProxyManager;
  readonly #watches = new Map<string, Watch>();
  readonly #shares = new Shares(MAX_WATCHES, SHARE_OF_ONE);
  readonly #off: () => void;

  constructor(manager: ConnectorProxyManager) {
    this.#manager = manager;
    this.#off = manager.on('connector', ({ connectorId, from, to }) => {
      if (from !== 'connecting' || (to !== 'ready' && to !== 'degraded')) return;
      for (const watch of this.#watches.values()) if (watch.connectorId === connectorId) this.#begin(watch);
    });
  }

  /**
   * Watches a resource. Resolves with the function that ends the watch, once the connector has accepted it. Rejects as
   * the connector does, or with the reason of `signal`. Rejects with an RpcError if the connector does not report
   * changes or the client watches too many resources.
   */
  async watch(connectorId: string, uri: string, principal: string, signal: AbortSignal): Promise<() => void> {
    const place = this.#shares.place(principal);
    if (place === null) throw invalidParams('This client already watches the maximum number of resources', { uri });
    const key = `${connectorId}\0${uri}`;
    const known = this.#watches.get(key);
    const watch = known ?? { connectorId, uri, count: 0, stop: this.#ask(connectorId, uri) };
    this.#watches.set(key, watch);
    watch.count += 1;
    let isOn = true;
    const end = (): void => {
      if (!isOn) return;
      isOn = false;
      place[Symbol.dispose]();
      watch.count -= 1;
      if (watch.count > 0 || this.#watches.get(key) !== watch) return;
      this.#watches.delete(key);
      finish(watch);
    };
    try {
      await raceSignal(watch.stop, signal);
      return end;
    } catch (error) {
      end();
      throw error;
    }
  }

  close(): void {
    this.#off();
    for (const watch of this.#watches.values()) finish(watch);
    this.#watches.clear();
  }

  async #ask(connectorId: string, uri: string): Promise<() => void> {
    if (!offersUpdates(connectorId, this.#manager))
      throw invalidParams('The connector of this resource does not report changes', { uri });
    return await this.#manager.watchResource(connectorId, uri, { timeoutMs: WATCH_TIMEOUT_MS });
  }

  #begin(watch: Watch): void {
    const before = watch.stop;
    watch.stop = this.#ask(watch.connectorId, watch.uri).catch(() => before);
    watch.stop.catch(() => {
      // The clients get no updates until the connector accepts the watch again.
    });
  }
}

function finish(watch: Watch): void {
  watch.stop.then(
    (stop) => stop(),
    () => {
      // The watch never started.
    },
  );
}
