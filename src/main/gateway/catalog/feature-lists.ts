import pLimit from 'p-limit';
import { startTimer, type Timer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { isObject } from '../../mcp/json-rpc.ts';
import type { Logger } from '../../observability/logger.ts';
import { detached } from '../../observability/trace.ts';
import {
  capabilityOf,
  FEATURE_KINDS,
  FEATURES,
  type Feature,
  type FeatureListing,
  type Listed,
  methodOf,
  readFeature,
} from './read-feature.ts';

export interface FeatureListsDeps {
  readonly manager: ConnectorProxyManager;
  readonly logger: Logger;
  readonly onChange: (feature: Feature, connectorId: string) => void;
}

/** Returns the sort key of a listed item: by connector, then by name. */
export function keyOf({ connectorId, own }: Listed): string {
  return `${connectorId}\0${own}`;
}

const NOTHING: FeatureListing = { items: [], dropped: [] };
const DEBOUNCE_MS = 50;
const MAX_AT_ONCE = 16;

/**
 * Keeps the prompts, resources and resource templates of each connector. The lists are read when the connector comes up
 * and when it reports a change. They are kept while the connector is down. If a list cannot be read, the previous one
 * stays in use and a warning is logged.
 */
export class FeatureLists {
  readonly #deps: FeatureListsDeps;
  readonly #lists: { readonly [F in Feature]: Map<string, readonly Listed[]> } = {
    prompts: new Map(),
    resources: new Map(),
    templates: new Map(),
  };
  readonly #merged = new Map<Feature, readonly Listed[]>();
  readonly #limit = pLimit(MAX_AT_ONCE);
  /**
   * Scheduled and running reads, by feature and connector. `again` means that a change was reported while the read was
   * running, so another read follows.
   */
  readonly #due = new Map<string, Timer | 'reading' | 'again'>();
  readonly #stops: readonly (() => void)[];
  readonly #closed = new AbortController();
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(deps: FeatureListsDeps) {
    this.#deps = deps;
    const { manager } = deps;
    this.#stops = [
      manager.on('connector', ({ connectorId, to }) => {
        if (to === 'ready' || to === 'degraded')
          for (const feature of FEATURES) this.#readSoon(connectorId, feature, 0);
        else if (to === 'disabled' || to === 'closing') this.#drop(connectorId);
      }),
      manager.on('notification', ({ connectorId, method }) => {
        if (method === 'notifications/prompts/list_changed') this.#readSoon(connectorId, 'prompts', DEBOUNCE_MS);
        if (method !== 'notifications/resources/list_changed') return;
        this.#readSoon(connectorId, 'resources', DEBOUNCE_MS);
        this.#readSoon(connectorId, 'templates', DEBOUNCE_MS);
      }),
    ];
  }

  /** Returns all items of a feature, ordered by {@link keyOf}. Returns the same array until something changes. */
  all(feature: Feature): readonly Listed[] {
    const known = this.#merged.get(feature);
    if (known !== undefined) return known;
    const ids = [...this.#lists[feature].keys()].sort();
    const merged = ids.flatMap((id) => this.#lists[feature].get(id) ?? []);
    this.#merged.set(feature, merged);
    return merged;
  }

  /** Returns the items of one connector, ordered by {@link keyOf}. */
  of(feature: Feature, connectorId: string): readonly Listed[] {
    return this.#lists[feature].get(connectorId) ?? [];
  }

  /** Resolves once no read is scheduled or running. */
  async read(): Promise<void> {
    while (this.#due.size > 0 && !this.#closed.signal.aborted) {
      this.#idle ??= Promise.withResolvers();
      await this.#idle.promise;
    }
  }

  close(): void {
    this.#idle?.resolve();
    for (const stop of this.#stops) stop();
    for (const due of this.#due.values()) if (typeof due === 'object') due.cancel();
    this.#closed.abort();
  }

  #readSoon(connectorId: string, feature: Feature, delayMs: number): void {
    const key = `${feature} ${connectorId}`;
    const due = this.#due.get(key);
    if (due === 'reading') this.#due.set(key, 'again');
    if (due !== undefined) return;
    const read = async (): Promise<void> => {
      this.#due.set(key, 'reading');
      await this.#limit(() => this.#read(connectorId, feature));
      const isNoticed = this.#due.get(key) === 'again';
      this.#due.delete(key);
      if (isNoticed) this.#readSoon(connectorId, feature, DEBOUNCE_MS);
      if (this.#due.size > 0) return;
      this.#idle?.resolve();
      this.#idle = null;
    };
    this.#due.set(
      key,
      // A client's request may have triggered the read. The read may outlive that request, so the read runs outside of
      // the request's trace.
      startTimer(delayMs, () => void detached(read)),
    );
  }

  /** Reads one list of a connector and replaces the previous one. Never rejects. */
  async #read(connectorId: string, feature: Feature): Promise<void> {
    const { manager, logger } = this.#deps;
    const { signal } = this.#closed;
    const capabilities = manager.facts(connectorId)?.capabilities;
    if (capabilities === undefined || signal.aborted) return;
    try {
      const isOffered = isObject(capabilities[capabilityOf(feature)]);
      const { items, dropped } = isOffered ? await readFeature(manager, connectorId, feature, signal) : NOTHING;
      manager.droppedDefinitions.replace(connectorId, FEATURE_KINDS[feature], dropped);
      this.#replace(connectorId, feature, items);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn(
        { event: 'list-failed', connectorId, code: codeOf(error), method: methodOf(feature), err: error },
        `Cannot list the ${feature} of connector ${connectorId}; the previous list stays in use`,
      );
    }
  }

  #drop(connectorId: string): void {
    for (const feature of FEATURES) this.#replace(connectorId, feature, []);
  }

  #replace(connectorId: string, feature: Feature, items: readonly Listed[]): void {
    const before = this.of(feature, connectorId);
    if (JSON.stringify(before) === JSON.stringify(items)) return;
    if (items.length === 0) this.#lists[feature].delete(connectorId);
    else this.#lists[feature].set(connectorId, items);
    this.#merged.delete(feature);
    this.#deps.onChange(feature, connectorId);
  }
}
