import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { FeatureLists } from './feature-lists.ts';
import { FeaturePages } from './feature-pages.ts';
import type { Route } from './route.ts';
import { ToolList } from './tool-list.ts';
import { mayServeUi, UiLinks } from './ui-links.ts';

/** The part of the gateway that a client on one route sees. */
export interface View {
  readonly route: Route;
  readonly tools: ToolList;
  readonly features: FeaturePages;
  /** True if a connector of the route may serve MCP Apps. */
  readonly mayServeUi: () => boolean;
}

export function createView(manager: ConnectorProxyManager, lists: FeatureLists, route: Route): View {
  const uiLinks = new UiLinks(manager, route);
  const isKnown = (connectorId: string): boolean => manager.has(connectorId);
  return {
    route,
    tools: new ToolList(manager, route),
    features: new FeaturePages({ lists, route, uiLinks, isKnown }),
    mayServeUi: () => mayServeUi(route, { manager, lists, uiLinks }),
  };
}
