import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { isObject } from '../../mcp/json-rpc.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';
import { UI_EXTENSION } from '../messages/capabilities.ts';
import type { FeatureLists } from './feature-lists.ts';
import type { Route } from './route.ts';
import { isUiUri } from './uris/resource-uris.ts';
import { uiUrisOf } from './uris/ui-meta.ts';

/**
 * User interfaces of the tools that a route shows. A connector need not list them as resources (MCP Apps 2026-01-26,
 * resource discovery), so the gateway reads them from the tool definitions.
 */
export class UiLinks {
  readonly #manager: ConnectorProxyManager;
  readonly #route: Route;
  #listed: readonly ToolInfo[] | null = null;
  #owners: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  constructor(manager: ConnectorProxyManager, route: Route) {
    this.#manager = manager;
    this.#route = route;
  }

  /** True if no tool has a user interface. */
  get isEmpty(): boolean {
    return this.#read().size === 0;
  }

  /** Returns the connectors with a tool whose user interface has this URI. The URI is in the connector's own form. */
  ownersOf(uri: string): ReadonlySet<string> {
    return this.#read().get(uri) ?? new Set();
  }

  #read(): ReadonlyMap<string, ReadonlySet<string>> {
    const all = this.#manager.listTools();
    if (all === this.#listed) return this.#owners;
    const owners = new Map<string, Set<string>>();
    for (const tool of all) {
      const uris = uiUrisOf(tool.definition);
      if (uris.length === 0 || !this.#isShown(tool)) continue;
      for (const uri of uris) owners.set(uri, (owners.get(uri) ?? new Set()).add(tool.connectorId));
    }
    this.#listed = all;
    this.#owners = owners;
    return owners;
  }

  #isShown({ connectorId, name }: ToolInfo): boolean {
    const { connectorId: only, isUnfiltered, isAllowed, fullName } = this.#route;
    if (only !== null && only !== connectorId) return false;
    return isUnfiltered || isAllowed(fullName(connectorId, name.slice(connectorId.length + 1)));
  }
}

export interface UiSupportDeps {
  readonly manager: ConnectorProxyManager;
  readonly lists: FeatureLists;
  readonly uiLinks: UiLinks;
}

/**
 * True if a connector of a route may serve MCP Apps. That is the case if a tool has a user interface, or a connector
 * declares the extension or lists a `ui://` resource. It is also the case if an enabled connector has not been reached
 * since the start, because its capabilities are unknown.
 */
export function mayServeUi(route: Route, { manager, lists, uiLinks }: UiSupportDeps): boolean {
  if (!uiLinks.isEmpty) return true;
  const isOnRoute = (id: string): boolean => route.connectorId === null || route.connectorId === id;
  const listsUi = (['resources', 'templates'] as const).some((feature) =>
    lists.all(feature).some(({ connectorId, own }) => isUiUri(own) && isOnRoute(connectorId)),
  );
  if (listsUi) return true;
  const known = new Set(manager.listTools().map(({ connectorId }) => connectorId));
  return manager.listConnectors().some(({ id, status }) => {
    if (status !== 'enabled' || !isOnRoute(id)) return false;
    const facts = manager.facts(id);
    if (facts === null) return !known.has(id);
    const { extensions } = facts.capabilities;
    return isObject(extensions) && isObject(extensions[UI_EXTENSION]);
  });
}
