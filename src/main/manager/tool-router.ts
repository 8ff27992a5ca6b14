import { deadline, linkSignals, monotonicMs, raceSignal } from '../../shared/clock.ts';
import { messageOf, SwitchyardError } from '../../shared/errors.ts';
import type { CallToolOptions } from '../connectors/calls/tool-call.ts';
import type { Connector } from '../connectors/connector.ts';
import type { ConnectorSet } from '../connectors/connector-set.ts';
import type { ToolResult } from '../mcp/tool-result.ts';
import { recordCall } from '../observability/instruments.ts';
import { traced } from '../observability/trace.ts';
import type { ToolInfo } from '../tools/tool-info.ts';
import type { ToolPins } from '../tools/tool-pins.ts';
import type { ToolStore } from '../tools/tool-store.ts';
import type { FirstSync } from './sync.ts';

type ToolArguments = Readonly<Record<string, unknown>>;

export interface ToolRouterDeps {
  readonly tools: ToolStore;
  readonly connectors: ConnectorSet;
  readonly firstSync: FirstSync;
  readonly pins: ToolPins;
  readonly callTimeoutMs: number;
}

/** Takes calls of namespaced tools to their connectors. */
export class ToolRouter {
  readonly #tools: ToolStore;
  readonly #connectors: ConnectorSet;
  readonly #firstSync: FirstSync;
  readonly #pins: ToolPins;
  readonly #callTimeoutMs: number;

  constructor({ tools, connectors, firstSync, pins, callTimeoutMs }: ToolRouterDeps) {
    this.#tools = tools;
    this.#connectors = connectors;
    this.#firstSync = firstSync;
    this.#pins = pins;
    this.#callTimeoutMs = callTimeoutMs;
  }

  /** The contract is that of `ConnectorProxyManager.callTool`. */
  async call(name: string, args: ToolArguments, options: CallToolOptions): Promise<ToolResult> {
    assertCall(name, args, options);
    return traced('call', `tools/call ${name}`, { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': name }, () =>
      this.#call(name, args, options),
    );
  }

  async #call(name: string, args: ToolArguments, options: CallToolOptions): Promise<ToolResult> {
    const startedMs = monotonicMs();
    const { tool, connector } = this.#find(name) ?? (await this.#await(name, options));
    const waitedMs = monotonicMs() - startedMs;
    // What was spent on waiting for the connector is part of the call's time.
    const left =
      options.timeoutMs === undefined ? options : { ...options, timeoutMs: Math.max(1, options.timeoutMs - waitedMs) };
    try {
      const result = await connector.calls.callTool(tool.definition, args, left);
      // A caller's own proxy may answer nothing at all.
      const isError = (result as ToolResult | undefined)?.isError === true;
      recordCall(connector.id, monotonicMs() - startedMs, isError ? 'tool-error' : 'ok');
      return result;
    } catch (error) {
      recordCall(connector.id, monotonicMs() - startedMs, 'error');
      throw error;
    }
  }

  #find(name: string): { readonly tool: ToolInfo; readonly connector: Connector } | null {
    const tool = this.#tools.get(name);
    const connector = tool === undefined ? undefined : this.#connectors.get(tool.connectorId);
    return tool === undefined || connector === undefined ? null : { tool, connector };
  }

  /** A tool that is not listed may be one of a connector that is still coming up, or that never was. */
  async #await(
    name: string,
    options: CallToolOptions,
  ): Promise<{ readonly tool: ToolInfo; readonly connector: Connector }> {
    const timeoutMs = options.timeoutMs ?? this.#callTimeoutMs;
    using caller = linkSignals(options.signal);
    using limit = deadline(timeoutMs, () => unavailable(name, 'it did not come up in time'), caller.signal);
    try {
      const connector = this.#connectors.owning(name) ?? (await this.#remembered(name, limit.signal));
      if (connector === undefined) throw new SwitchyardError('TOOL_UNKNOWN', `No connector offers a tool "${name}".`);
      if (this.#find(name) === null) await connector.awaitChance(limit.signal);
      const found = this.#find(name);
      if (found !== null) return found;
      this.#assertUnchanged(name);
      if (!connector.isUp) throw connector.unavailable();
      throw new SwitchyardError('TOOL_UNKNOWN', `Connector ${connector.id} offers no tool "${name}".`);
    } catch (error) {
      if (!caller.signal.aborted) throw error;
      throw new SwitchyardError('TOOL_CALL_ABORTED', `The caller aborted the call of ${name}.`, { cause: error });
    }
  }

  /** The connector of a tool that is remembered, once it is known again: from the map that is remembered too, else from the network. */
  async #remembered(name: string, signal: AbortSignal): Promise<Connector | undefined> {
    if (this.#tools.get(name) === undefined && this.#pins.find(name) === undefined) return undefined;
    await raceSignal(this.#firstSync.remembered(), signal);
    const connector = this.#connectors.owning(name);
    if (connector !== undefined) return connector;
    const error = await raceSignal(this.#firstSync.run(), signal);
    const found = this.#connectors.owning(name);
    if (found === undefined && error !== null) throw unavailable(name, messageOf(error));
    return found;
  }

  #assertUnchanged(name: string): void {
    const changed = this.#pins.find(name);
    if (changed?.isQuarantined !== true) return;
    const what = changed.members.join(', ');
    const why = `Tool ${name} is no longer what it was when it was first seen (${what}). Look at it with \`mcp-switchyard tools diff\`; \`mcp-switchyard tools approve ${name}\` lets it be called.`;
    throw new SwitchyardError('TOOL_CHANGED', why, { detail: { connectorId: changed.connectorId } });
  }
}

function unavailable(name: string, why: string): SwitchyardError {
  return new SwitchyardError('CONNECTOR_UNAVAILABLE', `The connector of tool ${name} is not there yet: ${why}`);
}

/** Callers in JavaScript, and models, get these wrong. */
function assertCall(name: unknown, args: unknown, options: CallToolOptions): void {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    throw new SwitchyardError('OPTIONS_INVALID', `The arguments of tool ${String(name)} must be an object.`);
  }
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      `Option timeoutMs of the call of ${String(name)}: ${timeoutMs} is no time in milliseconds.`,
    );
  }
}
