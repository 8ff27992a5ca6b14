import type { ConnectorEntry, RemoteTool } from '../../shared/map/service-map.ts';

/** Connectors whose tools have been registered under other names since before MCP tool lists; their users call them so. */
const ALIASES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'wikidata',
    new Map([
      ['get_entity_claims', 'get_claims'],
      ['execute_sparql', 'sparql'],
    ]),
  ],
]);

/** The name under which a connector's tool is registered, without the connector's id. */
export function publicToolName(connectorId: string, remoteName: string): string {
  return ALIASES.get(connectorId)?.get(remoteName) ?? remoteName;
}

/**
 * The tags of a tool: its own as the map gives them (`remoteTools`, else `metadata.tools`), then `scope:…` (its own scopes, else the
 * connector's), `connector:…`, `connectorName:…`, and `brand:…` unless `brand` is null.
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

/** `metadata` is the producer's own and was not checked. */
function isRemoteTool(value: unknown): value is RemoteTool {
  if (typeof value !== 'object' || value === null || !('name' in value)) return false;
  const { tags, scopes } = value as { tags?: unknown; scopes?: unknown };
  return (tags === undefined || Array.isArray(tags)) && (scopes === undefined || Array.isArray(scopes));
}
