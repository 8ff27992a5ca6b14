import type { Cancellation } from '../../../shared/cancellation.ts';
import { coarseDeadline, linkSignals, raceSignal } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import type { CreateCallPermits } from '../../fleet/permits/call-permits.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolProgress, ToolResult } from '../../mcp/tool-result.ts';
import type { CallLimits, Connection } from '../connection/connection.ts';
import { isSafeToRepeat } from '../connection/safe-methods.ts';
import type { CallToolOptions, RequestOptions } from './call-options.ts';
import { CallQuota } from './call-quota.ts';
import type { CallRoute, OpenRoute } from './call-route.ts';
import { renewSession } from './renew-session.ts';

/** The settings of an entry for its calls. */
type CallSettings = Pick<ConnectorEntry, 'id' | 'quotas' | 'timeouts'>;

/** One call, with its time limit. */
interface Call<T> {
  /** The name of the call in errors: "tool echo", "request prompts/get". */
  readonly name: string;
  readonly timeoutMs: number;
  readonly options: CallToolOptions;
  /** Whether the call may run twice. */
  readonly isSafe: boolean;
  readonly perform: (connection: Connection, limits: CallLimits) => Promise<T>;
}

/** A call without its time limit. `quota` is null if quotas do not apply to the call. */
interface Asked<T> extends Omit<Call<T>, 'timeoutMs'> {
  readonly quota: CallQuota | null;
}

/**
 * Makes the calls of one connector. Each call has one deadline, which includes the time that it waits for the quota and
 * for the connection. A call that was certainly not sent is sent once more over a new connection ({@link
 * renewSession}).
 */
export class ConnectorCalls {
  readonly #quota: CallQuota;
  readonly #defaultTimeoutMs: number;
  readonly #route: CallRoute;
  #entry: CallSettings;

  constructor(
    entry: CallSettings,
    defaultTimeoutMs: number,
    route: CallRoute,
    createPermits?: CreateCallPermits | undefined,
  ) {
    this.#entry = entry;
    this.#quota = new CallQuota(entry.quotas, createPermits && ((line) => createPermits(entry.id, line)));
    this.#defaultTimeoutMs = defaultTimeoutMs;
    this.#route = route;
  }

  /** Uses the deadline and the quotas of this entry from now on. */
  update(entry: CallSettings): void {
    this.#entry = entry;
    this.#quota.update(entry.quotas);
  }

  /** Releases the permits that the connector's quotas hold for future calls. */
  close(): void {
    this.#quota.close();
  }

  /**
   * Calls a tool. Rejects with CONNECTOR_UNAVAILABLE while the connector is down, or CONNECTOR_LOGIN_NEEDED if the
   * connector needs a login. Both errors have the `name` that `unavailableErrorName` returns, because callers of the
   * manager that this package replaces check that name. Rejects with CONNECTOR_GONE if the connector is removed during
   * the call, with QUOTA_EXCEEDED, TOOL_CALL_TIMEOUT, TOOL_CALL_ABORTED, or the connection's own error.
   */
  callTool(
    tool: RemoteToolDefinition,
    args: Readonly<Record<string, unknown>>,
    options: CallToolOptions,
  ): Promise<ToolResult> {
    return this.#send({
      name: `tool ${tool.name}`,
      options,
      isSafe: false,
      quota: this.#quota,
      perform: (connection, limits) => connection.callTool(tool, args, limits),
    });
  }

  /** Sends a request other than a tool call. Quotas do not apply. Apart from that, rejects as {@link callTool} does. */
  request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    return this.#send({
      name: `request ${method}`,
      options,
      isSafe: isSafeToRepeat(method),
      quota: null,
      perform: (connection, limits) => connection.request(method, params, limits),
    });
  }

  /**
   * Subscribes to changes of a resource, until the connection ends or the returned function is called. Rejects as
   * {@link request} does.
   */
  watchResource(uri: string, options: RequestOptions): Promise<() => void> {
    return this.#send({
      name: 'request resources/subscribe',
      options,
      isSafe: false,
      quota: null,
      perform: (connection, limits) => connection.watchResource(uri, limits),
    });
  }

  async #send<T>({ quota, ...asked }: Asked<T>): Promise<T> {
    const { options } = asked;
    const timeoutMs = options.timeoutMs ?? this.#entry.timeouts?.call ?? this.#defaultTimeoutMs;
    const call: Call<T> = { ...asked, timeoutMs };
    let isAdmitted = quota === null;
    const limit = coarseDeadline(
      timeoutMs,
      () => (isAdmitted ? timeoutError(call) : quotaError(call, this.#entry.id)),
      options.signal,
      (reason) => abortedError(call, reason),
    );
    let release: (() => void) | null = null;
    try {
      // Most calls can begin immediately. They skip the `await`, which would delay each of them.
      if (quota !== null) release = quota.begin(limit) ?? (await quota.acquire(limit, this.#entry.id, timeoutMs));
      isAdmitted = true;
      for (let isResent = false; ; isResent = true) {
        const reached = this.#route.reach(limit);
        const open = reached instanceof Promise ? await reached : reached;
        try {
          return await sendOver(open, call, limit);
        } catch (error) {
          const mayResend = renewSession(error, open, this.#route, call.isSafe);
          if (isResent || !mayResend) throw error;
        }
      }
    } finally {
      limit.unlink();
      release?.();
    }
  }
}

/**
 * Sends a call over a connection. Settles when the response arrives, the deadline `limit` passes or the connection is
 * released.
 */
async function sendOver<T>(open: OpenRoute, call: Call<T>, limit: Cancellation): Promise<T> {
  const { timeoutMs, options } = call;
  const link = linkSignals(limit, open.life);
  const onProgress: CallLimits['onProgress'] =
    options.onProgress && ((progress, params) => tellProgress(call, progress, params, (reason) => link.abort(reason)));
  open.enter();
  try {
    const limits = { ...options, signal: link, timeoutMs, onProgress };
    return await raceSignal(call.perform(open.connection, limits), link);
  } finally {
    link.unlink();
    open.leave();
  }
}

/** If the caller's function throws, only this call ends. The connection stays open, because other calls use it. */
function tellProgress(
  { name, options }: Call<unknown>,
  progress: ToolProgress,
  params: JsonObject,
  abort: (reason: unknown) => void,
): void {
  try {
    options.onProgress?.(progress, params);
  } catch (cause) {
    abort(new SwitchyardError('TOOL_CALL_ABORTED', `The onProgress callback of ${name} threw an error.`, { cause }));
  }
}

function timeoutError({ name, timeoutMs }: Call<unknown>): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_TIMEOUT', `There was no answer to ${name} within ${Math.round(timeoutMs)} ms.`);
}

/** Returns the error for a call that never began, because it was still waiting for its quota. */
function quotaError({ name, timeoutMs }: Call<unknown>, connectorId: string): SwitchyardError {
  const why = `${name} could not start within ${Math.round(timeoutMs)} ms`;
  return new SwitchyardError('QUOTA_EXCEEDED', `The quota of connector ${connectorId} is used up: ${why}.`, {
    detail: { connectorId },
  });
}

function abortedError({ name }: Call<unknown>, cause: unknown): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_ABORTED', `The caller aborted ${name}.`, { cause });
}
