import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { RemoteToolDefinition } from '../../shared/tools/tool-definition.ts';
import { toolId } from '../../shared/tools/tool-id.ts';
import type { ToolRecord } from '../../shared/tools/tool-records.ts';
import { invalidReason } from '../mcp/definitions/examine.ts';
import { isObject } from '../mcp/json-rpc.ts';
import { publicToolName, toolTags } from './tool-names.ts';

const NO_ARGUMENTS = { type: 'object' } as const;

/** A tool that can be called now, or once its connector is connected again. */
export interface ToolInfo {
  /** The full name `<connectorId>.<toolName>`, which `callTool` accepts. */
  readonly name: string;
  readonly connectorId: string;
  readonly description: string;
  /** The schema that the connector sent. If the connector sent no schema, this one accepts any object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
  /** The brand in the connector's entry; null if the entry has none. */
  readonly author: string | null;
  /** The tool as its connector lists it, with every member that the connector sent. */
  readonly definition: RemoteToolDefinition;
  /**
   * Why the definition is invalid according to the newest revision of MCP, such as `inputSchema.type is missing`; null
   * if it is valid. Clients of a gateway get a repaired definition, or do not see the tool.
   */
  readonly invalid: string | null;
  /** Whether the tool comes from an earlier run, and its connector has not listed it since. */
  readonly isStale: boolean;
}

/** Returns the tool for a definition that a connector has just listed. */
export function listedTool(entry: ConnectorEntry, definition: RemoteToolDefinition, brand: string | null): ToolInfo {
  const tags = toolTags(entry, definition.name, brand);
  const author = typeof entry.metadata?.brand === 'string' ? entry.metadata.brand : null;
  return toolInfo(entry.id, { definition, tags, author }, false);
}

/** Returns the tool for a stored record. */
export function rememberedTool(connectorId: string, record: ToolRecord): ToolInfo {
  return toolInfo(connectorId, record, true);
}

/** Returns the part of a tool that is kept across restarts. */
export function toolRecord({ definition, tags, author }: ToolInfo): ToolRecord {
  return { definition, tags, author };
}

/** Returns the id under which a connector's tool is listed. */
export function publicToolId(connectorId: string, remoteName: string): string {
  return toolId(connectorId, publicToolName(connectorId, remoteName));
}

function toolInfo(connectorId: string, { definition, tags, author }: ToolRecord, isStale: boolean): ToolInfo {
  return {
    name: publicToolId(connectorId, definition.name),
    connectorId,
    description: [definition.description, definition.title].find((text) => typeof text === 'string') ?? '',
    inputSchema: isObject(definition.inputSchema) ? definition.inputSchema : NO_ARGUMENTS,
    tags,
    author,
    definition,
    invalid: invalidReason('tool', definition),
    isStale,
  };
}
