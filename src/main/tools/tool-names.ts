import type { ConnectorEntry, RemoteTool } from '../../shared/map/service-map.ts';

/** Old tool names from before MCP had tool lists. Users still call them, so each name is an alias of a current tool. */
const ALIASES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'wikidata',
    new Map([
      ['get_entity_claims', 'get_claims'],
      ['execute_sparql', 'sparql'],
    ]),
  ],
]);

/** Returns the name under which a connector's tool is registered, without the connector's id. */
export function publicToolName(connectorId: string, remoteName: string): string {
  return ALIASES.get(connectorId)?.get(remoteName) ?? remoteName;
}

/**
 * Returns the tags of a tool. First come its own tags from the map (`remoteTools`, else `metadata.tools`). Then come
 * `scope:…` (the scopes of the tool, else of the connector), `connector:…`, `connectorName:…` and, unless `brand` is
 * null, `brand:…`.
 */
export function toolTags(entry: ConnectorEntry, remoteName: string, brand: string | null): readonly string[] {
  const described = describedTools(entry).find((tool) => tool.name === remoteName);
  const scopes = described?.scopes ?? entry.scopes;
  const tags = [
    ...(described?.tags ?? []),
    ...scopes.map((scope) => `scope:${scope}`),
    `connector:${entry.id}`,
    `connectorName:${entry.name}`,
    ...(brand === null ? [] : [`brand:${brand}`]),
  ];
  return [...new Set(tags)];
}

function describedTools(entry: ConnectorEntry): readonly RemoteTool[] {
  if (entry.remoteTools !== undefined) return entry.remoteTools;
  const tools = entry.metadata?.tools;
  return Array.isArray(tools) ? tools.filter(isRemoteTool) : [];
}

/** Checks the shape, because the publisher of the map can put anything into `metadata`. */
function isRemoteTool(value: unknown): value is RemoteTool {
  if (typeof value !== 'object' || value === null || !('name' in value)) return false;
  const { tags, scopes } = value as { tags?: unknown; scopes?: unknown };
  return (tags === undefined || Array.isArray(tags)) && (scopes === undefined || Array.isArray(scopes));
}
