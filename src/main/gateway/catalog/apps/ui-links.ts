import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import type { ToolInfo } from '../../../tools/tool-info.ts';
import type { Route } from '../route.ts';
import { uiUrisOf } from '../uris/ui-meta.ts';

/**
 * The user interfaces of the tools that a route shows. A connector need not list them among its resources (MCP Apps
 * 2026-01-26, resource discovery), so this is how they are known.
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

  /** Whether any tool has one. */
  get isEmpty(): boolean {
    return this.#read().size === 0;
  }

  /** The connectors with a tool whose user interface has this URI, as the connector calls it. */
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
