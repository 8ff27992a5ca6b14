import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { ConnectionFacts } from '../connection/connection.ts';

/**
 * Returns the filter for a subscription (MCP 2026-07-28, subscriptions). The filter selects the lists whose changes the
 * server announces. If `isAll` is false, it can select only the tool list.
 */
export function announcedLists({ tools, prompts, resources }: JsonObject, isAll: boolean): JsonObject {
  return {
    ...(announces(tools) && { toolsListChanged: true }),
    ...(isAll && announces(prompts) && { promptsListChanged: true }),
    ...(isAll && announces(resources) && { resourcesListChanged: true }),
  };
}

/**
 * Returns the notifications that a filter from {@link announcedLists} requests, except the notification about tools.
 */
export function noticesOf({ promptsListChanged, resourcesListChanged }: JsonObject): readonly string[] {
  return [
    ...(promptsListChanged === true ? ['notifications/prompts/list_changed'] : []),
    ...(resourcesListChanged === true ? ['notifications/resources/list_changed'] : []),
  ];
}

/**
 * Whether a server may send notifications that are not about lists. A legacy server sends log messages and resource
 * updates over its standing stream.
 */
export function mayTellMore({ era, capabilities }: ConnectionFacts): boolean {
  const { logging, resources } = capabilities;
  return era === 'legacy' && (isObject(logging) || (isObject(resources) && resources.subscribe === true));
}

function announces(capability: unknown): boolean {
  return isObject(capability) && capability.listChanged === true;
}
