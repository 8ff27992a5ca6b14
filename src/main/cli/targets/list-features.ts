import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';

/** Maximum number of pages that are read from one list. */
const MAX_PAGES = 64;

/**
 * For each list of a server except its tools: the method, the field of the result, and the capability that the server
 * must have.
 */
const LISTS = {
  resources: ['resources/list', 'resources', 'resources'],
  templates: ['resources/templates/list', 'resourceTemplates', 'resources'],
  prompts: ['prompts/list', 'prompts', 'prompts'],
} as const;

/** A resource, resource template or prompt that a connector lists. */
export interface Feature {
  readonly connectorId: string;
  readonly item: JsonObject;
}

/**
 * Returns the resources, resource templates or prompts that a connector lists. Returns an empty list if the server does
 * not support them. The connector must be up. Rejects as the manager's `request` does.
 */
export async function listFeatures(
  manager: ConnectorProxyManager,
  connectorId: string,
  kind: keyof typeof LISTS,
): Promise<readonly Feature[]> {
  const [method, member, capability] = LISTS[kind];
  const capabilities: unknown = manager.facts(connectorId)?.capabilities;
  if (!isObject(capabilities) || !isObject(capabilities[capability])) return [];
  const found: Feature[] = [];
  let cursor: unknown;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result = await manager.request(connectorId, method, typeof cursor === 'string' ? { cursor } : {});
    const items: unknown = result[member];
    for (const item of Array.isArray(items) ? items : []) if (isObject(item)) found.push({ connectorId, item });
    if (typeof result.nextCursor !== 'string' || result.nextCursor === cursor) break;
    cursor = result.nextCursor;
  }
  return found;
}
