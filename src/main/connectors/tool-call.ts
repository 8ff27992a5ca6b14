import { deadline, type LinkedSignal, linkSignals, raceSignal } from '../../shared/clock.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { RemoteToolDefinition } from '../../shared/tool-definition.ts';
import type { Connection, ToolProgress, ToolResult } from './connection.ts';

/** How to call a tool. */
export interface CallToolOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the whole call. The entry's `timeouts.call`, else 60 000 ms. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((progress: ToolProgress) => void) | undefined;
}

/** One call, all defaults filled in. */
export interface ToolCall {
  readonly tool: RemoteToolDefinition;
  readonly args: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly options: CallToolOptions;
}

/** The connection that a call goes over. */
export interface CallRoute {
  readonly connection: Connection;
  /** Aborts with CONNECTOR_GONE or CLOSED when the connection is given up. */
  readonly life: AbortSignal;
  readonly onLost: (error: SwitchyardError) => void;
  /** The connector no longer takes the credentials (401). */
  readonly onRefused: () => void;
  /** Called as the call begins; disposed of when it has ended, whichever way. */
  readonly enter: () => Disposable;
}

/** How a call gets to its connector. */
export interface CallPath {
  /** Resolves with a function that gives the place back once the call may begin; see CallQuota. */
  readonly admit: (signal: AbortSignal) => Promise<() => void>;
  /** The connection to use, waited for; asked anew where the call has to be sent again. */
  readonly route: (signal: AbortSignal) => Promise<CallRoute>;
}

/**
 * Makes one call under one deadline, the waits for its turn and its route included. One that was surely not sent, because the connection
 * was never made or its session is gone, is sent again once over a new connection. Rejects with what `path` rejects with, with
 * TOOL_CALL_TIMEOUT, TOOL_CALL_ABORTED, the reason of the route's life, or the connection's own error; a lost connection is told.
 */
export async function makeCall(call: ToolCall, path: CallPath): Promise<ToolResult> {
  const { tool, timeoutMs, options } = call;
  using caller = abortedBy(options.signal, tool.name);
  using limit = deadline(timeoutMs, () => timeoutError(call), caller.signal);
  const leave = await path.admit(limit.signal);
  try {
    return await send(call, await path.route(limit.signal), limit.signal).catch(async (error: unknown) => {
      if (!isUnsent(error)) throw error;
      return send(call, await path.route(limit.signal), limit.signal);
    });
  } finally {
    leave();
  }
}

async function send(call: ToolCall, route: CallRoute, limit: AbortSignal): Promise<ToolResult> {
  const { connection, life, onLost, onRefused } = route;
  const { tool, args, timeoutMs, options } = call;
  using _under = route.enter();
  using link = linkSignals(limit, life);
  const { signal } = link;
  try {
    const onProgress = options.onProgress && ((progress: ToolProgress) => tellProgress(call, progress, link.abort));
    return await raceSignal(connection.callTool(tool, args, { signal, timeoutMs, onProgress }), signal);
  } catch (error) {
    if (error instanceof SwitchyardError && error.code === 'TOOL_CALL_LOST') onLost(error);
    if (error instanceof SwitchyardError && error.code === 'CONNECTOR_REFUSED' && error.detail.status === 401)
      onRefused();
    throw error;
  }
}

/** A caller's function that throws ends its own call, not the connection that others use. */
function tellProgress({ tool, options }: ToolCall, progress: ToolProgress, abort: (reason: unknown) => void): void {
  try {
    options.onProgress?.(progress);
  } catch (cause) {
    abort(new SwitchyardError('TOOL_CALL_ABORTED', `onProgress of the call of ${tool.name} threw.`, { cause }));
  }
}

function isUnsent(error: unknown): boolean {
  return error instanceof SwitchyardError && error.code === 'TOOL_CALL_LOST' && error.detail.sent === 'no';
}

function timeoutError({ tool, timeoutMs }: ToolCall): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_TIMEOUT', `Tool ${tool.name} did not answer within ${timeoutMs} ms.`);
}

/** A signal that aborts with TOOL_CALL_ABORTED when the caller's does. */
function abortedBy(signal: AbortSignal | undefined, toolName: string): LinkedSignal {
  const link = linkSignals();
  const onAbort = (): void =>
    link.abort(
      new SwitchyardError('TOOL_CALL_ABORTED', `The caller aborted the call of ${toolName}.`, {
        cause: signal?.reason,
      }),
    );
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return { signal: link.signal, [Symbol.dispose]: () => signal?.removeEventListener('abort', onAbort) };
}
