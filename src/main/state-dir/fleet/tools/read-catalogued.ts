import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import type { RemoteToolDefinition } from '../../../../shared/tools/tool-definition.ts';
import type { ConnectorRecord, ToolRecord } from '../../../../shared/tools/tool-records.ts';
import { readListItem } from '../../../mcp/definitions/list-item.ts';
import { isObject } from '../../../mcp/json-rpc.ts';

const ERAS: ReadonlySet<unknown> = new Set(['legacy', 'modern', 'unknown']);

/**
 * Maximum number of tools of one connector. It equals the default of the option that limits the tools of a connector.
 */
const MAX_TOOLS = 10_000;

/** Maximum length of a string in a record, in characters. It does not apply to strings in definitions. */
const MAX_TEXT_LENGTH = 8_192;

/**
 * Reads a record that another host wrote into the catalogue. Returns null if it is not a valid record of this
 * connector. Each definition is checked like one that a connector lists, and only invalid definitions are left out.
 */
export function readCatalogued(connectorId: string, bytes: Uint8Array): ConnectorRecord | null {
  const record = parsed(bytes);
  if (!isObject(record) || record.connectorId !== connectorId || !Array.isArray(record.tools)) return null;
  const { endpoint, era, transport, protocolVersion, serverName, listedAtMs, toolDigests } = record;
  if (!isText(endpoint) || !URL.canParse(endpoint) || !isText(transport) || !ERAS.has(era)) return null;
  if (!isTextOrNull(protocolVersion) || !isTextOrNull(serverName)) return null;
  if (typeof listedAtMs !== 'number' || !Number.isFinite(listedAtMs) || record.tools.length > MAX_TOOLS) return null;
  const names = new Set<string>();
  const tools = record.tools.flatMap((tool: unknown): ToolRecord[] => {
    const read = readTool(tool);
    if (read === null || names.has(read.definition.name)) return [];
    names.add(read.definition.name);
    return [read];
  });
  return {
    ...{ connectorId, endpoint, transport, protocolVersion, serverName, tools },
    era: era as ConnectorRecord['era'],
    // The clock of the other host may be ahead. The list of that host must not appear newer than a list that replaces
    // it later.
    listedAtMs: Math.max(0, Math.floor(listedAtMs)),
    toolDigests: readDigests(toolDigests),
  };
}

/** Whether a definition that another host pinned would be valid if a connector listed it under this name. */
export function isPinnable(definition: unknown, tool: string): definition is RemoteToolDefinition {
  const item = readListItem('tool', definition);
  return item.kind === 'definition' && item.name === tool;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseForeignJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    // The JSON is invalid, too deep or too large, so there is no record.
    return null;
  }
}

function readTool(tool: unknown): ToolRecord | null {
  if (!isObject(tool)) return null;
  const { tags, author } = tool;
  const item = readListItem('tool', tool.definition);
  if (item.kind !== 'definition' || !Array.isArray(tags) || !tags.every(isText) || !isTextOrNull(author)) return null;
  return { definition: item.definition as RemoteToolDefinition, tags, author };
}

function readDigests(digests: unknown): Readonly<Record<string, string>> | null {
  if (!isObject(digests) || !Object.values(digests).every(isText)) return null;
  return digests as Record<string, string>;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_LENGTH;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}
