import * as Comlink from 'comlink';
import { deadline, type Random, raceSignal, settledWithin, startTimer, type Timer } from '../../shared/clock.ts';
import { asSwitchyardError, fromWireError, SwitchyardError } from '../../shared/errors.ts';
import type { FleetSettings } from '../../shared/fleet/fleet-settings.ts';
import { portEndpoint } from '../../shared/protocol/comlink-endpoint.ts';
import { type FleetApi, type FleetEvent, isFleetEventMessage } from '../../shared/protocol/fleet/fleet-messages.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/thread-messages.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import { recordThreadLost } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';
import { workerUrl } from '../threads/worker-url.ts';
import type { FleetEventKind, FleetLink, FleetListener, FleetQuestion } from './fleet.ts';
import { type FleetSeat, takeSeat } from './fleet-seat.ts';

/** Default timeout for a response of the fleet thread. */
const ANSWER_TIMEOUT_MS = 1_000;

/** Timeout for each of the two steps of closing: leaving the fleet, and ending the fleet thread. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Upper bound of the random pause before the first restart of the fleet thread. Each early exit doubles the bound. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** After running this long, a fleet thread counts as stable. The next pause before a restart is then short again. */
const WELL_AFTER_MS = 60_000;

export interface FleetClientOptions {
  readonly settings: FleetSettings;
  readonly logger: Logger;
  readonly random: Random;
  /** URL of the fleet thread's script. Defaults to this package's own script; only tests set it. */
  readonly workerUrl?: URL;
}

/** A running fleet thread, and this manager's connection to the thread. */
interface Session {
  readonly seat: FleetSeat;
  readonly api: Comlink.Remote<FleetApi>;
  /** Aborts when the thread has exited. */
  readonly exit: AbortController;
  /** Whether the thread has accepted its settings. Until then, it answers no other requests. */
  isOpen: boolean;
}

/**
 * Connects the main thread to the fleet thread. The fleet thread does not keep the process running. If the fleet thread
 * exits, a new thread starts after a pause, and gets all requests that were given to {@link FleetLink.keep}.
 */
export class FleetClient implements FleetLink {
  readonly #options: FleetClientOptions;
  readonly #listeners = new Map<FleetEventKind, Set<(event: FleetEvent) => void>>();
  readonly #kept = new Map<string, FleetQuestion<null>>();
  readonly #restartListeners = new Set<() => void>();
  #session: Session | null = null;
  #isConnected = false;
  #whyAway: SwitchyardError | null = null;
  #isClosed = false;
  /** Reasons for an unreachable fleet server that were already logged since the last successful connection. */
  readonly #reasons = new Set<string | null>();
  #deaths = 0;
  #wasOpen = false;
  #restart: Timer | null = null;

  constructor(options: FleetClientOptions) {
    this.#options = options;
  }

  /** Starts the fleet thread without waiting for it. */
  start(): void {
    if (this.#isClosed || this.#session !== null) return;
    let url: URL;
    try {
      url = this.#options.workerUrl ?? workerUrl('workers/fleet.worker');
    } catch (error) {
      this.#failToStart(error);
      return;
    }
    const exit = new AbortController();
    const well = startTimer(WELL_AFTER_MS, () => {
      this.#deaths = 0;
    });
    const seat = takeSeat(url, (cause) => {
      well.cancel();
      this.#leave(session, cause);
    });
    seat.port.on('message', (message: unknown) => {
      if (isFleetEventMessage(message) && this.#session === session) this.#hear(message.event);
    });
    const session: Session = { seat, api: Comlink.wrap<FleetApi>(portEndpoint(seat.port)), exit, isOpen: false };
    // Without this, the listener on the port would keep the process running.
    seat.port.unref();
    this.#session = session;
    void this.#open(session);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Reason why the fleet server is unreachable. Null while it is reachable, and before the first attempt. */
  get whyAway(): SwitchyardError | null {
    return this.#whyAway;
  }

  async ask<T>(question: FleetQuestion<T>, timeoutMs: number = ANSWER_TIMEOUT_MS): Promise<T> {
    const session = this.#session;
    if (session === null || !this.#isConnected) throw this.#away();
    return this.#put(session, question, timeoutMs);
  }

  keep(name: string, question: FleetQuestion<null> | null): void {
    if (question === null) this.#kept.delete(name);
    else this.#kept.set(name, question);
    const session = this.#session;
    if (question !== null && session?.isOpen === true) void this.#tell(session, name, question);
  }

  on<K extends FleetEventKind>(kind: K, listener: FleetListener<K>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    const own = listener as (event: FleetEvent) => void;
    listeners.add(own);
    return () => listeners.delete(own);
  }

  onRestart(listener: () => void): () => void {
    this.#restartListeners.add(listener);
    return () => this.#restartListeners.delete(listener);
  }

  /** Leaves the fleet and ends the thread. Idempotent; never rejects. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#isClosed = true;
    this.#isConnected = false;
    this.#restart?.cancel();
    if (session === null) return;
    this.#session = null;
    await settledWithin(raceSignal<unknown>(session.api.close(), session.exit.signal), CLOSE_TIMEOUT_MS);
    await settledWithin(session.seat.leave(), CLOSE_TIMEOUT_MS);
    this.#listeners.clear();
  }

  async #open(session: Session): Promise<void> {
    const { settings } = this.#options;
    try {
      await raceSignal(answer<null>(session.api.open(PROTOCOL_VERSION, settings)), session.exit.signal);
      session.isOpen = true;
      for (const [name, question] of this.#kept) void this.#tell(session, name, question);
      if (this.#wasOpen) for (const listener of this.#restartListeners) listener();
      this.#wasOpen = true;
    } catch (error) {
      if (!this.#isClosed && this.#session === session) this.#failToStart(error);
    }
  }

  /** Reports why the fleet thread could not start. It is not restarted, because that would fail in the same way. */
  #failToStart(error: unknown): void {
    const reason = asSwitchyardError(error);
    this.#whyAway = reason;
    const fields = { event: 'fleet-not-started', code: reason.code, err: reason };
    this.#options.logger.error(fields, 'Cannot join the fleet');
    this.#tellListeners({ kind: 'connection', isConnected: false, why: reason.message });
  }

  async #tell(session: Session, name: string, question: FleetQuestion<null>): Promise<void> {
    try {
      await this.#put(session, question, ANSWER_TIMEOUT_MS);
    } catch (error) {
      if (session.exit.signal.aborted) return;
      const { code } = asSwitchyardError(error);
      // The fleet thread has remembered the request, and handles it once the fleet server is reachable again.
      if (code === 'FLEET_UNAVAILABLE') return;
      this.#options.logger.warn({ event: 'fleet-not-told', code, name, err: error }, 'A fleet thread call failed');
    }
  }

  async #put<T>(session: Session, question: FleetQuestion<T>, timeoutMs: number): Promise<T> {
    const late = (): SwitchyardError =>
      new SwitchyardError('FLEET_UNAVAILABLE', `The fleet thread did not answer within ${timeoutMs} ms.`);
    using limit = deadline(timeoutMs, late, session.exit.signal);
    return await raceSignal(answer(question(session.api)), limit.signal);
  }

  #hear(event: FleetEvent): void {
    if (event.kind === 'connection') this.#note(event.isConnected, event.why);
    this.#tellListeners(event);
  }

  #tellListeners(event: FleetEvent): void {
    for (const listener of this.#listeners.get(event.kind) ?? []) {
      try {
        listener(event);
      } catch (error) {
        // This code runs in a message handler, where an uncaught error would end the process.
        this.#options.logger.error(
          { event: 'fleet-listener-failed', code: 'INTERNAL', err: error },
          'A fleet listener threw an error',
        );
      }
    }
  }

  #note(isConnected: boolean, why: string | null): void {
    const { logger } = this.#options;
    this.#whyAway = isConnected ? null : unavailable(why ?? 'The connection was lost');
    this.#isConnected = isConnected;
    if (isConnected) {
      this.#reasons.clear();
      logger.info({ event: 'fleet-connected' }, 'Connected to the fleet server');
      return;
    }
    // Logs each reason once, and not at every attempt to connect.
    if (this.#reasons.has(why)) return;
    this.#reasons.add(why);
    logger.warn({ event: 'fleet-away', code: 'FLEET_UNAVAILABLE', reason: why }, 'The fleet server is unreachable');
  }

  #leave(session: Session, cause: unknown): void {
    if (session.exit.signal.aborted) return;
    const reason = new SwitchyardError('FLEET_UNAVAILABLE', 'The fleet thread has exited.', { cause });
    session.exit.abort(reason);
    if (this.#session !== session) return;
    this.#session = null;
    recordThreadLost();
    this.#hear({ kind: 'connection', isConnected: false, why: 'the fleet thread has exited' });
    const limitMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#deaths, 10));
    this.#deaths += 1;
    this.#restart = startTimer(this.#options.random.next() * limitMs, () => this.start());
  }

  #away(): SwitchyardError {
    if (this.#isClosed) return unavailable('The fleet was closed');
    return this.#whyAway?.code === 'FLEET_UNAVAILABLE'
      ? this.#whyAway
      : unavailable(this.#whyAway?.message ?? 'There is no connection yet', this.#whyAway);
  }
}

async function answer<T>(reply: Promise<WriterReply<T>>): Promise<T> {
  const settled = await reply;
  if (!settled.ok) throw fromWireError(settled.error);
  return settled.value;
}

function unavailable(why: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('FLEET_UNAVAILABLE', `The fleet server is unreachable: ${why}.`, { cause });
}
