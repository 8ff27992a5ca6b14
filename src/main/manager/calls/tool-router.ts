import { SwitchyardError } from '../../../shared/errors.ts';
import type { CallToolOptions } from '../../connectors/calls/call-options.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import { describe, faultOfResult } from '../../observability/telemetry/mcp-attributes.ts';
import { readTraceOfMeta } from '../../observability/telemetry/trace-context.ts';
import { isServing, traced } from '../../observability/trace.ts';
import { type ToolArguments, ToolCalls, type ToolCallsDeps } from './tool-calls.ts';

/** Checks each tool call, and runs it as one traced operation. */
export class ToolRouter {
  readonly #calls: ToolCalls;

  constructor(deps: ToolCallsDeps) {
    this.#calls = new ToolCalls(deps);
  }

  /** Calls a tool. `ConnectorProxyManager.callTool` documents the contract. */
  async call(name: string, args: ToolArguments, options: CallToolOptions): Promise<ToolResult> {
    assertCall(name, args, options);
    // In a gateway, the tool name comes from a client, and an invented name must not become part of a span name.
    const isNamed = this.#calls.knows(name) || !isServing();
    const { name: span, attributes } = describe('tools/call', {}, isNamed ? name : null);
    const work = this.#calls.call.bind(this.#calls, name, args, options);
    return traced('call', span, attributes, work, {
      carried: readTraceOfMeta(options.params ?? {}),
      faultOfResult: (result) => faultOfResult('tools/call', result),
    });
  }
}

/**
 * Throws OPTIONS_INVALID for invalid arguments and options. Language models may pass such arguments, and so may
 * JavaScript code.
 */
function assertCall(name: unknown, args: unknown, options: CallToolOptions): void {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    throw new SwitchyardError('OPTIONS_INVALID', `The arguments of tool ${String(name)} must be an object.`);
  }
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      `The timeoutMs of a call to ${String(name)} must be a positive number of ms below 2^31, not ${timeoutMs}.`,
    );
  }
}
