import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { DefinitionKind, DroppedDefinition, DropReason } from '../../mcp/definitions/definition.ts';
import { examine } from '../../mcp/definitions/examine.ts';
import { dropped, readListItem } from '../../mcp/definitions/list-item.ts';
import { NEWEST_REVISION } from '../../mcp/definitions/wire-revision.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { MAX_ENTRY_LENGTH } from './pages.ts';

/** Features that connectors list in addition to tools. */
export type Feature = 'prompts' | 'resources' | 'templates';

/** An item of a connector's list, as the connector sent it. */
export interface Listed {
  readonly connectorId: string;
  readonly item: JsonObject;
  /** The connector's own key for the item: a name, or a URI. */
  readonly own: string;
}

/** Items of one list of a connector, and the definitions that clients do not see. */
export interface FeatureListing {
  /** Items ordered by their own names. */
  readonly items: readonly Listed[];
  /**
   * Definitions that no client sees. `items` still contains the well-formed definitions among these, although no
   * protocol revision allows them.
   */
  readonly dropped: readonly DroppedDefinition[];
}

export const FEATURES: readonly Feature[] = ['prompts', 'resources', 'templates'];

export const FEATURE_KINDS: Readonly<Record<Feature, DefinitionKind>> = {
  prompts: 'prompt',
  resources: 'resource',
  templates: 'template',
};

const METHODS: Readonly<Record<Feature, string>> = {
  prompts: 'prompts/list',
  resources: 'resources/list',
  templates: 'resources/templates/list',
};

const MAX_PAGES = 64;
const MAX_ITEMS = 10_000;
/** Maximum characters of JSON in one list of a connector. */
const MAX_LENGTH = 8 * 1024 * 1024;
const READ_TIMEOUT_MS = 10_000;
/** Maximum number of dropped definitions that are reported by name. */
const MAX_DROPPED = 1_000;

/** Returns the method that lists a feature. */
export function methodOf(feature: Feature): string {
  return METHODS[feature];
}

/** Returns the `ServerCapabilities` member that announces a feature. */
export function capabilityOf(feature: Feature): 'prompts' | 'resources' {
  return feature === 'prompts' ? 'prompts' : 'resources';
}

/**
 * Reads all pages of one list of a connector. If an item is not a valid definition, only that item is left out. A list
 * that exceeds the limits ends early, and the items read so far are kept. Rejects as `manager.request` does.
 */
export async function readFeature(
  manager: Pick<ConnectorProxyManager, 'request'>,
  connectorId: string,
  feature: Feature,
  signal: AbortSignal,
): Promise<FeatureListing> {
  const list = new FeatureList(connectorId, FEATURE_KINDS[feature]);
  const seen = new Set<string>();
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const params: JsonObject = cursor === null ? {} : { cursor };
    const options = { timeoutMs: READ_TIMEOUT_MS, signal };
    const result: JsonObject = await manager.request(connectorId, METHODS[feature], params, options);
    const listed = result[feature === 'templates' ? 'resourceTemplates' : feature];
    for (const item of Array.isArray(listed) ? (listed as unknown[]) : []) if (!list.add(item)) return list.listing();
    const next = result.nextCursor;
    if (typeof next !== 'string' || seen.has(next)) break;
    seen.add(next);
    cursor = next;
  }
  return list.listing();
}

class FeatureList {
  readonly #connectorId: string;
  readonly #kind: DefinitionKind;
  readonly #items = new Map<string, Listed>();
  readonly #dropped: DroppedDefinition[] = [];
  #count = 0;
  #length = 0;

  constructor(connectorId: string, kind: DefinitionKind) {
    this.#connectorId = connectorId;
    this.#kind = kind;
  }

  /** Adds an item. Returns false if the limits are reached. */
  add(item: unknown): boolean {
    this.#count += 1;
    if (this.#count > MAX_ITEMS) return false;
    const read = readListItem(this.#kind, item);
    if (read.kind === 'dropped') return this.#drop(read.name, read.reason);
    const { definition, name } = read;
    if (this.#items.has(name)) return this.#drop(name, 'duplicate');
    const { length } = JSON.stringify(definition);
    this.#length += length;
    if (this.#length > MAX_LENGTH) return false;
    if (length > MAX_ENTRY_LENGTH) return this.#drop(name, 'too-large');
    this.#items.set(name, { connectorId: this.#connectorId, item: definition, own: name });
    const { reason } = examine(this.#kind, definition, NEWEST_REVISION);
    return reason === null || this.#drop(name, reason);
  }

  listing(): FeatureListing {
    const items = [...this.#items.values()].sort((a, b) => (a.own < b.own ? -1 : 1));
    return { items, dropped: this.#dropped };
  }

  #drop(name: string, reason: DropReason): true {
    if (this.#dropped.length < MAX_DROPPED) this.#dropped.push(dropped(this.#kind, name, reason));
    return true;
  }
}
