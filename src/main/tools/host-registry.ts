import { messageOf } from '../../shared/errors.ts';
import type { ToolResult } from '../mcp/tool-result.ts';
import type { Logger } from '../observability/logger.ts';
import type { ToolDescriptor, ToolRegistry } from '../options/host-interfaces.ts';
import type { ToolInfo } from './tool-info.ts';

export interface HostRegistryDeps {
  /** The host's own registry of tools. Its methods may throw or reject. */
  readonly registry: ToolRegistry;
  readonly logger: Logger;
  /** Calls a tool. The handler in the descriptor of a registered tool uses this function. */
  readonly callTool: (name: string, args: Readonly<Record<string, unknown>>) => Promise<ToolResult>;
}

/**
 * Registers all listed tools in the host's own registry and keeps it up to date. A failure of the registry is logged
 * and affects no connector.
 */
export class HostRegistry {
  readonly #deps: HostRegistryDeps;

  constructor(deps: HostRegistryDeps) {
    this.#deps = deps;
  }

  /** Registers a tool that is new or has changed. */
  listed(tool: ToolInfo): void {
    const descriptor: ToolDescriptor = {
      name: tool.name,
      description: tool.description,
      inputSchema: { ...tool.inputSchema },
      handler: (args) => this.#deps.callTool(tool.name, args),
      metadata: {
        tags: [...tool.tags],
        connectorId: tool.connectorId,
        ...(tool.author !== null && { author: tool.author }),
      },
    };
    this.#tell(tool.name, (registry) => registry.registerTool(descriptor));
  }

  /** Removes a tool that is no longer listed. */
  unlisted(name: string): void {
    this.#tell(name, (registry) => registry.removeTool?.(name));
  }

  #tell(tool: string, tell: (registry: ToolRegistry) => unknown): void {
    const refused = (error: unknown): void =>
      this.#deps.logger.error(
        { event: 'registry-threw', tool, err: error },
        `The registry refused tool ${tool}: ${messageOf(error)}`,
      );
    try {
      // The method may be async, even if its type says otherwise.
      Promise.resolve(tell(this.#deps.registry)).catch(refused);
    } catch (error) {
      refused(error);
    }
  }
}
