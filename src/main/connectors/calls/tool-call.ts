import { deadline, linkSignals, raceSignal } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolProgress } from '../../mcp/tool-result.ts';
import type { CallLimits, Connection, RequestTraffic } from '../connection/connection.ts';

/** How to send something to a connector, and what to hear of it meanwhile. */
export interface RequestOptions extends RequestTraffic {
  readonly signal?: AbortSignal | undefined;
  /** For the whole of it. The entry's `timeouts.call`, else 60 000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** How to call a tool. */
export interface CallToolOptions extends RequestOptions {
  /** Members of the request's parameters besides `name` and `arguments`, such as `_meta`. */
  readonly params?: JsonObject | undefined;
}

/** One call, all defaults filled in. */
export interface Call<T> {
  /** As errors name it: "tool echo", "request prompts/get". */
  readonly name: string;
  readonly timeoutMs: number;
  readonly options: CallToolOptions;
  readonly perform: (connection: Connection, limits: CallLimits) => Promise<T>;
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
export async function makeCall<T>(call: Call<T>, path: CallPath): Promise<T> {
  const { timeoutMs, options } = call;
  using limit = deadline(
    timeoutMs,
    () => timeoutError(call),
    options.signal,
    (reason) => abortedError(call, reason),
  );
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

async function send<T>(call: Call<T>, route: CallRoute, limit: AbortSignal): Promise<T> {
  const { connection, life, onLost, onRefused } = route;
  const { timeoutMs, options } = call;
  using _under = route.enter();
  using link = linkSignals(limit, life);
  const { signal } = link;
  try {
    const onProgress: CallLimits['onProgress'] =
      options.onProgress && ((progress, params) => tellProgress(call, progress, params, link.abort));
    return await raceSignal(call.perform(connection, { ...options, signal, timeoutMs, onProgress }), signal);
  } catch (error) {
    if (error instanceof SwitchyardError && error.code === 'TOOL_CALL_LOST') onLost(error);
    if (error instanceof SwitchyardError && error.code === 'CONNECTOR_REFUSED' && error.detail.status === 401)
      onRefused();
    throw error;
  }
}

/** A caller's function that throws ends its own call, not the connection that others use. */
function tellProgress(
  { name, options }: Call<unknown>,
  progress: ToolProgress,
  params: JsonObject,
  abort: (reason: unknown) => void,
): void {
  try {
    options.onProgress?.(progress, params);
  } catch (cause) {
    abort(new SwitchyardError('TOOL_CALL_ABORTED', `onProgress of ${name} threw.`, { cause }));
  }
}

function isUnsent(error: unknown): boolean {
  return error instanceof SwitchyardError && error.code === 'TOOL_CALL_LOST' && error.detail.sent === 'no';
}

function timeoutError({ name, timeoutMs }: Call<unknown>): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_TIMEOUT', `There was no answer to ${name} within ${timeoutMs} ms.`);
}

function abortedError({ name }: Call<unknown>, cause: unknown): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_ABORTED', `The caller aborted ${name}.`, { cause });
}
