import { ConnectorProxyManager } from '../../../src/main/index.ts';
import type { ManagerOptions } from '../../../src/main/options/manager-options.ts';
import type { LogLine } from '../log.ts';

/** Configuration of the managers in one process. It is plain data, because it is sent between processes. */
export interface HostsConfig {
  readonly count: number;
  readonly url: string;
  /** The HMAC key; null if maps are signed with `jwks`. */
  readonly signatureKey: string | null;
  readonly jwks: object | null;
  readonly intervalMs: number;
  /** Fleet options of the managers; null for hosts without a fleet. */
  readonly fleet: ManagerOptions['fleet'] | null;
  /** How far the hosts' clocks are ahead of this machine's clock, in milliseconds. */
  readonly clockAheadMs: number;
  /** Period over which the hosts start, in milliseconds. */
  readonly startWithinMs: number;
  /** The manager option of the same name. */
  readonly offload: 'auto' | 'never';
  /**
   * Whether the reports are short. Short reports contain only the ids of new connectors that begin with `change-`, and
   * only the log lines that a benchmark counts.
   */
  readonly isQuiet: boolean;
}

/** A report from a process about one of its hosts. `host` is the index of the host. */
export type HostReport =
  | {
      readonly kind: 'map';
      readonly host: number;
      readonly generatedAtMs: number | null;
      readonly ids: readonly string[];
      /** Time of the report, in epoch ms. */
      readonly at: number;
    }
  | { readonly kind: 'log'; readonly host: number; readonly level: string; readonly fields: LoggedFields }
  | { readonly kind: 'synced'; readonly host: number; readonly code: string | null; readonly tookMs: number };

/** The fields of a log line that tests check. */
export interface LoggedFields {
  readonly event: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly state: string | null;
}

/** The managers of one process. Each is a separate host. */
export class FleetHosts {
  readonly managers: ConnectorProxyManager[] = [];
  readonly #config: HostsConfig;
  readonly #report: (report: HostReport) => void;

  constructor(config: HostsConfig, report: (report: HostReport) => void) {
    this.#config = config;
    this.#report = report;
  }

  /** Starts all hosts, each with its first sync. Resolves once all first syncs have ended. */
  async start(): Promise<void> {
    const { count, startWithinMs } = this.#config;
    const all = Array.from({ length: count }, (_, host) => this.#start(host, (startWithinMs * host) / count));
    await Promise.all(all);
  }

  /** Syncs a host. Resolves with the failure's code, or null if the sync succeeded. */
  async sync(host: number, force: boolean): Promise<string | null> {
    const startedMs = performance.now();
    const code = await (this.managers[host]?.sync(force) ?? Promise.resolve()).then(
      () => null,
      (error: { readonly code?: string }) => error.code ?? String(error),
    );
    this.#report({ kind: 'synced', host, code, tookMs: performance.now() - startedMs });
    return code;
  }

  async close(): Promise<void> {
    await Promise.all(this.managers.map((manager) => manager.close()));
  }

  async #start(host: number, afterMs: number): Promise<void> {
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    const manager = new ConnectorProxyManager(this.#options(host));
    this.managers[host] = manager;
    manager.on('snapshot', ({ added }) => {
      const at = Date.now();
      if (this.#config.isQuiet) {
        const ids = added.filter((id) => id.startsWith('change-'));
        this.#report({ kind: 'map', host, generatedAtMs: null, ids, at });
        return;
      }
      const { generatedAt } = manager.status().serviceMap;
      const ids = manager.listConnectors().map(({ id }) => id);
      this.#report({ kind: 'map', host, generatedAtMs: generatedAt, ids, at });
    });
    await this.sync(host, false);
  }

  #options(host: number): ManagerOptions {
    const { url, signatureKey, jwks, intervalMs, fleet, clockAheadMs, offload, isQuiet } = this.#config;
    const log =
      (level: LogLine['level']) =>
      (fields: Record<string, unknown>): void => {
        const text = (name: string): string | null => (fields[name] === undefined ? null : String(fields[name]));
        const { event = '' } = fields;
        if (isQuiet && event !== 'fleet-map' && event !== 'fleet-audit') return;
        const told = { event: String(event), code: text('code'), reason: text('reason'), state: text('state') };
        this.#report({ kind: 'log', host, level, fields: told });
      };
    return {
      serviceMapUrl: url,
      ...(signatureKey !== null && { signatureKey }),
      ...(jwks !== null && { signatureKeys: jwks }),
      ...(fleet !== null && { fleet }),
      ...(clockAheadMs !== 0 && { clock: { now: () => Date.now() + clockAheadMs } }),
      logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      featureFlags: { asyncRefresh: true, refreshIntervalMs: intervalMs },
      connect: 'on-demand',
      proxy: false,
      timeoutMs: 2_000,
      offload,
    } as unknown as ManagerOptions;
  }
}
