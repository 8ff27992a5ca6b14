import { type Random, raceSignal, startTimer, type Timer } from '../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/service-map.ts';
import { backoffMs } from './backoff.ts';
import { type BringUp, type BroughtUp, connectionKey } from './bring-up.ts';
import type { RemoteToolDefinition, ToolResult } from './connection.ts';
import { type ConnectorState, StateMachine, type Transition } from './connector-state.ts';
import { unavailableErrorMessage, unavailableErrorName } from './proxy-connection.ts';
import { type CallToolOptions, makeCall } from './tool-call.ts';

/** What a connector needs from the house, and whom it tells. */
export interface ConnectorDeps {
  readonly bringUp: BringUp;
  readonly now: () => number;
  readonly random: Random;
  readonly callTimeoutMs: number;
  readonly onTransition: (connector: Connector, transition: Transition) => void;
  /** The connector's tools as they are now; none once it was removed or disabled. They stay while it is only down. */
  readonly onTools: (connector: Connector, tools: readonly RemoteToolDefinition[]) => void;
}

/** What a connector says of itself. */
export interface ConnectorStatus {
  readonly id: string;
  readonly name: string;
  readonly state: ConnectorState;
  /** Epoch ms. */
  readonly since: number;
  readonly why: string;
  readonly era: string | null;
  readonly transport: string | null;
  readonly toolCount: number;
  /** Tools that were left out for their name or their schema. */
  readonly droppedTools: readonly string[];
  readonly handshakeMs: number | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

/** Trying again as it is would not help. */
const PERMANENT: ReadonlySet<string> = new Set(['CONNECTOR_AUTH_MISSING', 'CONNECTOR_REFUSED']);

/** One connector: brings it up, keeps it up, ends it. Its failures stay its own. */
export class Connector {
  readonly #deps: ConnectorDeps;
  readonly #machine: StateMachine;
  #entry: ConnectorEntry;
  #up: BroughtUp | null = null;
  /** Aborted when what runs under it has to end: a change, a removal, the end of the manager. Null while nothing runs. */
  #life: AbortController | null = null;
  #settled: Promise<void> = Promise.resolve();
  #retryTimer: Timer | null = null;
  #failures = 0;
  #lastError: SwitchyardError | null = null;
  #closing: Promise<void> = Promise.resolve();

  constructor(entry: ConnectorEntry, deps: ConnectorDeps) {
    this.#entry = entry;
    this.#deps = deps;
    const why = entry.status === 'disabled' ? 'disabled in the service map' : 'not started';
    this.#machine = new StateMachine(deps.now, why, (transition) => deps.onTransition(this, transition));
  }

  get id(): string {
    return this.#entry.id;
  }

  get entry(): ConnectorEntry {
    return this.#entry;
  }

  get state(): ConnectorState {
    return this.#machine.state;
  }

  /** Whether calls can be sent. */
  get isUp(): boolean {
    return this.#machine.isUp;
  }

  /** The code of what last went wrong; null since it is up again. */
  get lastErrorCode(): string | null {
    return this.#lastError?.code ?? null;
  }

  /** Resolves when the attempt under way has come to an end, whichever; at once if there is none. Never rejects. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /** Takes the entry as the map has it now: comes up, goes down, reconnects or is updated in place. */
  update(entry: ConnectorEntry): void {
    const needsConnection = entry !== this.#entry && connectionKey(entry) !== connectionKey(this.#entry);
    this.#entry = entry;
    if (entry.status === 'disabled' && this.state === 'disabled') return;
    if (entry.status === 'disabled')
      this.#end('disabled', gone(`Connector ${this.id} was disabled in the service map.`));
    else if (this.#up !== null && !needsConnection) this.#deps.onTools(this, this.#up.listing.tools);
    else if (this.state !== 'connecting' || needsConnection) {
      this.#start(this.state === 'disabled' ? 'enabled in the service map' : 'changed in the service map');
    }
  }

  /** Tries again now if it is down; whatever it waited for is over. */
  retry(): void {
    if (this.state === 'failed' || this.state === 'backing-off') this.#start('asked to try again');
  }

  /**
   * Calls a tool. Rejects with CONNECTOR_UNAVAILABLE (under the compatible name) while the connector is down, CONNECTOR_GONE when it
   * goes during the call, TOOL_CALL_TIMEOUT, TOOL_CALL_ABORTED, TOOL_CALL_REJECTED or TOOL_CALL_LOST.
   */
  async callTool(
    tool: RemoteToolDefinition,
    args: Readonly<Record<string, unknown>>,
    options: CallToolOptions,
  ): Promise<ToolResult> {
    const timeoutMs = options.timeoutMs ?? this.#entry.timeouts?.call ?? this.#deps.callTimeoutMs;
    return makeCall({ tool, args, timeoutMs, options }, async (signal) => {
      if (this.state === 'connecting') await raceSignal(this.#settled, signal);
      const up = this.#up;
      const life = this.#life;
      if (up === null || life === null) throw this.unavailable();
      return { connection: up.connection, life: life.signal, onLost: (error) => this.#lose(up, error) };
    });
  }

  /** Ends it for good: its tools go, its calls reject with `reason`, its session ends. Idempotent. */
  close(reason: SwitchyardError): Promise<void> {
    if (this.state !== 'closing') this.#end('closing', reason);
    return Promise.all([this.#settled, this.#closing]).then(() => {});
  }

  status(): ConnectorStatus {
    const { to: state, at: since, why } = this.#machine.last;
    const up = this.#up;
    return {
      id: this.id,
      name: this.#entry.name,
      state,
      since,
      why,
      era: up?.connection.facts.era ?? null,
      transport: up?.connection.facts.transport ?? null,
      toolCount: up?.listing.tools.length ?? 0,
      droppedTools: up?.listing.dropped ?? [],
      handshakeMs: up?.handshakeMs ?? null,
      lastError: this.#lastError === null ? null : { code: this.#lastError.code, message: this.#lastError.message },
    };
  }

  #start(why: string): void {
    if (this.state !== 'disabled') this.#drop(gone(`Connector ${this.id} was changed in the service map.`));
    this.#failures = 0;
    this.#settled = this.#attempt(why);
  }

  /** Never rejects: what goes wrong becomes a state. */
  async #attempt(why: string): Promise<void> {
    const life = new AbortController();
    this.#life = life;
    let lost: Error | null = null;
    let up: BroughtUp | null = null;
    const onLost = (error: Error): void => {
      lost ??= error;
      if (up !== null) this.#lose(up, error);
    };
    try {
      this.#machine.to('connecting', why);
      await this.#closing;
      life.signal.throwIfAborted();
      const arrived = await this.#deps.bringUp(this.#entry, { onLost }, life.signal);
      if (life.signal.aborted || lost !== null) await arrived.connection.close();
      life.signal.throwIfAborted();
      if (lost !== null) throw lost;
      up = arrived;
      this.#arrive(arrived, life.signal);
    } catch (error) {
      if (!life.signal.aborted) this.#fail(asSwitchyardError(error, 'CONNECTOR_CONNECT_FAILED'));
    }
  }

  #arrive(up: BroughtUp, life: AbortSignal): void {
    this.#up = up;
    this.#failures = 0;
    this.#lastError = null;
    const { tools, cutBecause } = up.listing;
    this.#deps.onTools(this, tools);
    // Who hears of the tools may have closed everything.
    if (life.aborted) return;
    if (cutBecause === null) this.#machine.to('ready', `${tools.length} tools`);
    else this.#machine.to('degraded', `only ${tools.length} tools were read: ${cutBecause}`);
  }

  #fail(error: SwitchyardError): void {
    this.#lastError = error;
    this.#failures += 1;
    if (PERMANENT.has(error.code)) {
      this.#machine.to('failed', error.message);
      return;
    }
    // Set before it is told: who hears of it may close everything, this timer included.
    this.#retryTimer = startTimer(backoffMs(this.#failures, this.#deps.random), () => {
      this.#settled = this.#attempt(`attempt ${this.#failures + 1}`);
    });
    this.#machine.to('backing-off', error.message);
  }

  /** The connection of `up` broke by itself. */
  #lose(up: BroughtUp, error: Error): void {
    if (this.#up !== up) return;
    this.#drop(
      new SwitchyardError('TOOL_CALL_LOST', `The connection of connector ${this.id} was lost.`, { cause: error }),
    );
    this.#fail(asSwitchyardError(error, 'CONNECTOR_CONNECT_FAILED'));
  }

  /** Goes down for good or until it is enabled again: what runs ends, the tools go. */
  #end(to: 'disabled' | 'closing', reason: SwitchyardError): void {
    const wasOff = this.state === 'disabled';
    this.#machine.to(to, reason.message);
    if (wasOff) return;
    this.#drop(reason);
    this.#deps.onTools(this, []);
  }

  /** Ends what runs: the attempt or the connection, the retry, the calls. */
  #drop(reason: SwitchyardError): void {
    this.#retryTimer?.cancel();
    this.#life?.abort(reason);
    this.#life = null;
    const up = this.#up;
    this.#up = null;
    this.#closing = Promise.all([this.#closing, this.#settled, up?.connection.close()]).then(() => {});
  }

  /** The error of calls while it is down, under the name that callers of the replaced manager know. */
  unavailable(): SwitchyardError {
    const error = new SwitchyardError('CONNECTOR_UNAVAILABLE', unavailableErrorMessage(this.#entry.name), {
      cause: this.#lastError ?? undefined,
      detail: { connectorId: this.id, state: this.state },
    });
    return Object.defineProperty(error, 'name', { value: unavailableErrorName(this.id) });
  }
}

function gone(message: string): SwitchyardError {
  return new SwitchyardError('CONNECTOR_GONE', message);
}
