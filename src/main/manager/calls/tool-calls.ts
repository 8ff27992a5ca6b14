import { deadline, linkSignals, monotonicMs, raceSignal } from '../../../shared/clock.ts';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { CallToolOptions } from '../../connectors/calls/call-options.ts';
import type { Connector } from '../../connectors/connector.ts';
import type { ConnectorSet } from '../../connectors/connector-set.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import { recordCall } from '../../observability/instruments.ts';
import type { ToolApprovals } from '../../tools/tool-approvals.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';
import type { ToolPins } from '../../tools/tool-pins.ts';
import type { ToolStore } from '../../tools/tool-store.ts';
import type { FirstSync } from '../sync.ts';

export type ToolArguments = Readonly<Record<string, unknown>>;

export interface ToolCallsDeps {
  readonly tools: ToolStore;
  readonly connectors: ConnectorSet;
  readonly firstSync: FirstSync;
  readonly pins: ToolPins;
  readonly approvals: ToolApprovals;
  readonly callTimeoutMs: number;
}

/**
 * Calls tools by their full names, such as `connector.tool`. Finds the connector of the tool, and waits while that
 * connector is connecting.
 */
export class ToolCalls {
  readonly #tools: ToolStore;
  readonly #connectors: ConnectorSet;
  readonly #firstSync: FirstSync;
  readonly #pins: ToolPins;
  readonly #approvals: ToolApprovals;
  readonly #callTimeoutMs: number;

  constructor({ tools, connectors, firstSync, pins, approvals, callTimeoutMs }: ToolCallsDeps) {
    this.#tools = tools;
    this.#connectors = connectors;
    this.#firstSync = firstSync;
    this.#pins = pins;
    this.#approvals = approvals;
    this.#callTimeoutMs = callTimeoutMs;
  }

  /**
   * Calls a tool, and records the duration and the outcome of the call. Rejects as `ConnectorProxyManager.callTool`
   * does.
   */
  async call(name: string, args: ToolArguments, options: CallToolOptions): Promise<ToolResult> {
    const startedMs = monotonicMs();
    const { tool, connector } = this.#find(name) ?? (await this.#await(name, options));
    const waitedMs = monotonicMs() - startedMs;
    // The time spent waiting for the connector counts towards the timeout of the call.
    const left =
      options.timeoutMs === undefined ? options : { ...options, timeoutMs: Math.max(1, options.timeoutMs - waitedMs) };
    try {
      const result = await connector.calls.callTool(tool.definition, args, left);
      // The proxy that the host's `createProxy` returned may resolve with undefined.
      const isError = (result as ToolResult | undefined)?.isError === true;
      recordCall(connector.id, monotonicMs() - startedMs, isError ? 'tool-error' : 'ok');
      return result;
    } catch (error) {
      recordCall(connector.id, monotonicMs() - startedMs, 'error');
      throw error;
    }
  }

  /** Whether a tool of this name is listed. A caller may pass a name that does not exist. */
  knows(name: string): boolean {
    return this.#find(name) !== null;
  }

  #find(name: string): { readonly tool: ToolInfo; readonly connector: Connector } | null {
    const tool = this.#tools.get(name);
    const connector = tool === undefined ? undefined : this.#connectors.get(tool.connectorId);
    return tool === undefined || connector === undefined ? null : { tool, connector };
  }

  /**
   * Waits for a tool that is not listed, because its connector may still be connecting. Rejects with TOOL_UNKNOWN if no
   * connector offers the tool after the wait.
   */
  async #await(
    name: string,
    options: CallToolOptions,
  ): Promise<{ readonly tool: ToolInfo; readonly connector: Connector }> {
    const timeoutMs = options.timeoutMs ?? this.#callTimeoutMs;
    using caller = linkSignals(options.signal);
    using limit = deadline(timeoutMs, () => unavailable(name, 'it was not ready in time.'), caller.signal);
    try {
      const connector = this.#connectors.owning(name) ?? (await this.#remembered(name, limit.signal));
      if (connector === undefined) throw new SwitchyardError('TOOL_UNKNOWN', `No connector offers a tool "${name}".`);
      if (this.#find(name) === null) await connector.awaitChance(limit.signal);
      const found = this.#find(name);
      if (found !== null) return found;
      this.#assertApproved(name);
      this.#assertUnchanged(name);
      if (!connector.isUp) throw connector.unavailable();
      throw new SwitchyardError('TOOL_UNKNOWN', `Connector ${connector.id} offers no tool "${name}".`);
    } catch (error) {
      if (!caller.signal.aborted) throw error;
      throw new SwitchyardError('TOOL_CALL_ABORTED', `The caller aborted the call to ${name}.`, { cause: error });
    }
  }

  /**
   * Finds the connector of a tool that an earlier run remembered. Waits until the remembered maps are in use. If they
   * do not contain the connector, waits until a sync has loaded the maps from the network. Returns undefined if the
   * tool is not remembered, or no map contains its connector.
   */
  async #remembered(name: string, signal: AbortSignal): Promise<Connector | undefined> {
    const isHeld = this.#pins.find(name) !== undefined || this.#approvals.find(name) !== undefined;
    if (this.#tools.get(name) === undefined && !isHeld) return undefined;
    await raceSignal(this.#firstSync.remembered(), signal);
    const connector = this.#connectors.owning(name);
    if (connector !== undefined) return connector;
    const error = await raceSignal(this.#firstSync.run(), signal);
    const found = this.#connectors.owning(name);
    if (found === undefined && error !== null) throw unavailable(name, messageOf(error));
    return found;
  }

  #assertApproved(name: string): void {
    const held = this.#approvals.find(name);
    if (held === undefined) return;
    const why = `Tool ${name} cannot be called, because the signed service map approves another definition of it.`;
    throw new SwitchyardError('TOOL_NOT_APPROVED', why, { detail: { connectorId: held.connectorId } });
  }

  #assertUnchanged(name: string): void {
    const changed = this.#pins.find(name);
    if (changed?.isQuarantined !== true) return;
    const what = changed.members.join(', ');
    const approve = `\`mcp-switchyard tools approve ${name}\``;
    const remedy = `Inspect it with \`mcp-switchyard tools diff\`, then allow it with ${approve}.`;
    const why = `Tool ${name} has changed since it was first seen (${what}). ${remedy}`;
    throw new SwitchyardError('TOOL_CHANGED', why, { detail: { connectorId: changed.connectorId } });
  }
}

function unavailable(name: string, why: string): SwitchyardError {
  return new SwitchyardError('CONNECTOR_UNAVAILABLE', `The connector of tool ${name} is not available yet: ${why}`);
}
