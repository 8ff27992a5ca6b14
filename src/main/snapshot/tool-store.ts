import { messageOf } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/service-map.ts';
import { toolId } from '../../shared/tool-id.ts';
import type { RemoteToolDefinition, ToolResult } from '../connectors/connection.ts';
import { publicToolName, toolTags } from '../connectors/tool-names.ts';
import type { Logger } from '../logger.ts';

/** A tool as a host's registry gets it. */
export interface ToolDescriptor {
  /** `<connectorId>.<toolName>`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly handler: (args: Readonly<Record<string, unknown>>) => Promise<ToolResult>;
  readonly metadata: { readonly tags: readonly string[]; readonly connectorId: string; readonly author?: string };
}

/** A host's own registry of tools. */
export interface ToolRegistry {
  registerTool(descriptor: ToolDescriptor): void;
  removeTool?(name: string): unknown;
}

/** A tool that can be called now or once its connector is back. */
export interface ToolInfo {
  /** `<connectorId>.<toolName>`: what `callTool` takes. */
  readonly name: string;
  readonly connectorId: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
  /** The tool as its connector lists it, with every member it sent. */
  readonly definition: RemoteToolDefinition;
}

/** How a connector's tools changed, as ids. */
export interface ToolChange {
  readonly connectorId: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface ToolStoreDeps {
  readonly registry: ToolRegistry | null;
  readonly logger: Logger;
  readonly callTool: (name: string, args: Readonly<Record<string, unknown>>) => Promise<ToolResult>;
  readonly onChange: (change: ToolChange) => void;
}

/** The tools of all connectors by id, and the host's registry kept in step with them. */
export class ToolStore {
  readonly #deps: ToolStoreDeps;
  readonly #tools = new Map<string, ToolInfo>();
  readonly #idsByConnector = new Map<string, readonly string[]>();
  #list: readonly ToolInfo[] | null = null;

  constructor(deps: ToolStoreDeps) {
    this.#deps = deps;
  }

  get(name: string): ToolInfo | undefined {
    return this.#tools.get(name);
  }

  get size(): number {
    return this.#tools.size;
  }

  /** All tools, ordered by id. */
  list(): readonly ToolInfo[] {
    this.#list ??= [...this.#tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#list;
  }

  /** Makes `definitions` the tools of a connector: registers, replaces and removes what differs, and tells it once. */
  replace(entry: ConnectorEntry, definitions: readonly RemoteToolDefinition[], brand: string): void {
    const before = new Set(this.#idsByConnector.get(entry.id));
    const added: string[] = [];
    const changed: string[] = [];
    const kept: string[] = [];
    for (const definition of definitions) {
      const tool = infoOf(entry, definition, brand);
      const known = this.#tools.get(tool.name);
      if (known !== undefined && known.connectorId !== entry.id) {
        this.#warnCollision(tool, known);
        continue;
      }
      kept.push(tool.name);
      before.delete(tool.name);
      if (known === undefined) added.push(tool.name);
      else if (isSame(known, tool)) continue;
      else changed.push(tool.name);
      this.#tools.set(tool.name, tool);
      this.#register(tool);
    }
    const removed = [...before];
    for (const id of removed) this.#remove(id);
    if (kept.length === 0) this.#idsByConnector.delete(entry.id);
    else this.#idsByConnector.set(entry.id, kept);
    if (added.length + changed.length + removed.length === 0) return;
    this.#list = null;
    this.#deps.onChange({ connectorId: entry.id, added, changed, removed });
  }

  #register(tool: ToolInfo): void {
    const author = tool.definition.author;
    const descriptor: ToolDescriptor = {
      name: tool.name,
      description: tool.description,
      inputSchema: tool.inputSchema,
      handler: (args) => this.#deps.callTool(tool.name, args),
      metadata: { tags: tool.tags, connectorId: tool.connectorId, ...(typeof author === 'string' && { author }) },
    };
    this.#tellRegistry(tool.name, (registry) => registry.registerTool(descriptor));
  }

  #remove(id: string): void {
    this.#tools.delete(id);
    this.#tellRegistry(id, (registry) => registry.removeTool?.(id));
  }

  /** The host's code: a registry that throws must not take the connector with it. */
  #tellRegistry(tool: string, tell: (registry: ToolRegistry) => unknown): void {
    if (this.#deps.registry === null) return;
    try {
      tell(this.#deps.registry);
    } catch (error) {
      this.#deps.logger.error(
        { event: 'registry-threw', tool, err: error },
        `The registry refused tool ${tool}: ${messageOf(error)}`,
      );
    }
  }

  #warnCollision(tool: ToolInfo, known: ToolInfo): void {
    this.#deps.logger.warn(
      { event: 'tool-collision', tool: tool.name, connectorId: tool.connectorId, heldBy: known.connectorId },
      `Tool ${tool.name} of connector ${tool.connectorId} is left out: connector ${known.connectorId} holds that name`,
    );
  }
}

function infoOf(entry: ConnectorEntry, definition: RemoteToolDefinition, brand: string): ToolInfo {
  return {
    name: toolId(entry.id, publicToolName(entry.id, definition.name)),
    connectorId: entry.id,
    description: definition.description ?? definition.title ?? '',
    inputSchema: definition.inputSchema,
    tags: toolTags(entry, definition.name, brand),
    definition,
  };
}

function isSame(a: ToolInfo, b: ToolInfo): boolean {
  return a === b || JSON.stringify([a.tags, a.definition]) === JSON.stringify([b.tags, b.definition]);
}
