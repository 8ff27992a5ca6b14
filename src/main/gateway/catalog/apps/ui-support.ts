import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { isObject } from '../../../mcp/json-rpc.ts';
import { UI_EXTENSION } from '../../messages/capabilities.ts';
import type { FeatureLists } from '../feature-lists.ts';
import type { Route } from '../route.ts';
import { isUiUri } from '../uris/resource-uris.ts';
import type { UiLinks } from './ui-links.ts';

export interface UiSupportDeps {
  readonly manager: ConnectorProxyManager;
  readonly lists: FeatureLists;
  readonly uiLinks: UiLinks;
}

/**
 * Whether a connector of a route may serve MCP Apps: a tool names a user interface, a connector declares the
 * extension or lists a `ui://` resource, or a connector that is enabled has not been reached since the start, so
 * that nobody knows.
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
