import pLimit from 'p-limit';
import { startTimer, type Timer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { Logger } from '../../observability/logger.ts';
import { detached } from '../../observability/trace.ts';
import { MAX_ENTRY_LENGTH } from './pages.ts';

/** What connectors list besides tools. */
export type Feature = 'prompts' | 'resources' | 'templates';

/** Something that a connector lists, as it was sent. */
export interface Listed {
  readonly connectorId: string;
  readonly item: JsonObject;
  /** What it is called by its connector: a name, or a URI. */
  readonly own: string;
}

export interface FeatureListsDeps {
  readonly manager: ConnectorProxyManager;
  readonly logger: Logger;
  readonly onChange: (feature: Feature, connectorId: string) => void;
}

/** The order of what is listed: by connector, then by name. */
export function keyOf({ connectorId, own }: Listed): string {
  return `${connectorId}\0${own}`;
}

interface Kind {
  readonly feature: Feature;
  readonly method: string;
  readonly member: string;
  /** The member of `ServerCapabilities` that announces it. */
  readonly capability: 'prompts' | 'resources';
  /** The member of an entry that names it. */
  readonly key: string;
}

const KINDS: readonly Kind[] = [
  { feature: 'prompts', method: 'prompts/list', member: 'prompts', capability: 'prompts', key: 'name' },
  { feature: 'resources', method: 'resources/list', member: 'resources', capability: 'resources', key: 'uri' },
  {
    feature: 'templates',
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    capability: 'resources',
    key: 'uriTemplate',
  },
];

const MAX_PAGES = 64;
const MAX_ITEMS = 10_000;
/** Characters of JSON of one list of a connector. */
const MAX_LENGTH = 8 * 1024 * 1024;
const READ_TIMEOUT_MS = 10_000;
const DEBOUNCE_MS = 50;
const MAX_AT_ONCE = 16;

/**
 * The prompts, resources and resource templates of each connector, read when it comes up and when it says that they
 * changed. They stay while it is only down; a list that cannot be read leaves the one in hand, and says so in the log.
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
  /** Readings that are due, or under way; what is noticed during one is read again after it. */
  readonly #due = new Map<string, Timer | 'reading' | 'again'>();
  readonly #stops: readonly (() => void)[];
  readonly #closed = new AbortController();

  constructor(deps: FeatureListsDeps) {
    this.#deps = deps;
    const { manager } = deps;
    this.#stops = [
      manager.on('connector', ({ connectorId, to }) => {
        if (to === 'ready' || to === 'degraded')
          for (const { feature } of KINDS) this.#readSoon(connectorId, feature, 0);
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

  /** All of a kind, ordered by {@link keyOf}. The same array until something changes. */
  all(feature: Feature): readonly Listed[] {
    const known = this.#merged.get(feature);
    if (known !== undefined) return known;
    const ids = [...this.#lists[feature].keys()].sort();
    const merged = ids.flatMap((id) => this.#lists[feature].get(id) ?? []);
    this.#merged.set(feature, merged);
    return merged;
  }

  /** Those of one connector, in the same order. */
  of(feature: Feature, connectorId: string): readonly Listed[] {
    return this.#lists[feature].get(connectorId) ?? [];
  }

  close(): void {
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
    };
    this.#due.set(
      key,
      // A client's request may have set it off, but does not wait for it.
      startTimer(delayMs, () => void detached(read)),
    );
  }

  /** Never rejects. */
  async #read(connectorId: string, feature: Feature): Promise<void> {
    const kind = KINDS.find((one) => one.feature === feature) as Kind;
    const capabilities = this.#deps.manager.facts(connectorId)?.capabilities;
    if (capabilities === undefined || this.#closed.signal.aborted) return;
    try {
      const items = isObject(capabilities[kind.capability]) ? await this.#pages(connectorId, kind) : [];
      this.#replace(connectorId, feature, items);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      const fields = { event: 'list-failed', connectorId, code: codeOf(error), method: kind.method, err: error };
      this.#deps.logger.warn(
        fields,
        `The ${feature} of connector ${connectorId} cannot be read; the list in hand stays`,
      );
    }
  }

  async #pages(connectorId: string, { method, member, key }: Kind): Promise<readonly Listed[]> {
    const items = new Map<string, Listed>();
    const seen = new Set<string>();
    let total = 0;
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES && items.size < MAX_ITEMS; page += 1) {
      const params: JsonObject = cursor === null ? {} : { cursor };
      const options = { timeoutMs: READ_TIMEOUT_MS, signal: this.#closed.signal };
      const result: JsonObject = await this.#deps.manager.request(connectorId, method, params, options);
      const listed = result[member];
      for (const item of Array.isArray(listed) ? (listed as unknown[]) : []) {
        const own = isObject(item) ? item[key] : undefined;
        if (!isObject(item) || typeof own !== 'string' || own === '' || items.has(own)) continue;
        const { length } = JSON.stringify(item);
        total += length;
        if (items.size >= MAX_ITEMS || total > MAX_LENGTH) return sorted(items);
        if (length <= MAX_ENTRY_LENGTH) items.set(own, { connectorId, item, own });
      }
      const next = result.nextCursor;
      if (typeof next !== 'string' || seen.has(next)) break;
      seen.add(next);
      cursor = next;
    }
    return sorted(items);
  }

  #drop(connectorId: string): void {
    for (const { feature } of KINDS) this.#replace(connectorId, feature, []);
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

function sorted(items: ReadonlyMap<string, Listed>): readonly Listed[] {
  return [...items.values()].sort((a, b) => (a.own < b.own ? -1 : 1));
}
