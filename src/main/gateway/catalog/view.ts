import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { FeatureLists } from './feature-lists.ts';
import { FeaturePages } from './feature-pages.ts';
import type { Route } from './route.ts';
import { ToolList } from './tool-list.ts';

/** What a client on one route sees. */
export interface View {
  readonly route: Route;
  readonly tools: ToolList;
  readonly features: FeaturePages;
}

export function createView(manager: ConnectorProxyManager, lists: FeatureLists, route: Route): View {
  return { route, tools: new ToolList(manager, route), features: new FeaturePages(lists, route) };
}
