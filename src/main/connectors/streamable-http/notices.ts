import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { ConnectionFacts } from '../connection/connection.ts';

/** Of which lists a server says when they change, as a subscription asks for it (MCP 2026-07-28, subscriptions); those of tools alone unless `isAll`. */
export function announcedLists({ tools, prompts, resources }: JsonObject, isAll: boolean): JsonObject {
  return {
    ...(announces(tools) && { toolsListChanged: true }),
    ...(isAll && announces(prompts) && { promptsListChanged: true }),
    ...(isAll && announces(resources) && { resourcesListChanged: true }),
  };
}

/** The notices that the filter {@link announcedLists} asks for, other than of tools. */
export function noticesOf({ promptsListChanged, resourcesListChanged }: JsonObject): readonly string[] {
  return [
    ...(promptsListChanged === true ? ['notifications/prompts/list_changed'] : []),
    ...(resourcesListChanged === true ? ['notifications/resources/list_changed'] : []),
  ];
}

/** Whether a server may say more of its own accord: a legacy one logs and tells of resources over its standing stream. */
export function mayTellMore({ era, capabilities }: ConnectionFacts): boolean {
  const { logging, resources } = capabilities;
  return era === 'legacy' && (isObject(logging) || (isObject(resources) && resources.subscribe === true));
}

function announces(capability: unknown): boolean {
  return isObject(capability) && capability.listChanged === true;
}
