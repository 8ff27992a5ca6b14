import { hash } from 'node:crypto';
import type { Redis as Client } from 'ioredis';
import { deadline, type Random, raceSignal, startTimer, type Timer } from '../../../shared/clock.ts';
import { codeOf, messageOf, rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { FleetSettings } from '../../../shared/fleet/fleet-settings.ts';
import type { Redis, RedisReply, RedisScript } from '../redis.ts';
import { clientOptions } from './client-options.ts';
import { type Argument, call, callForBytes, isRefusal, ping, type RedisClientClass } from './redis-client.ts';
import { Subscriptions } from './subscriptions.ts';

/** Time limit for one answer. */
const ANSWER_TIMEOUT_MS = 1_000;
const LATE = `No answer within ${ANSWER_TIMEOUT_MS} ms`;

/** Interval between pings of an idle connection, and between probes of a server that does not answer. */
const BEAT_MS = 5_000;
const SILENT_PROBE_MS = 500;

/** Number of probes without an answer after which the connections are reopened, because they may be half open. */
const PROBES_UNTIL_RECONNECT = 4;

/** Errors that describe the state of the server, not the command. */
const AWAY = /^(LOADING|MASTERDOWN|CLUSTERDOWN|BUSY|NOAUTH|WRONGPASS|UNKILLABLE)\b/;

type Lane = 'small' | 'bulk' | 'news';

interface RedisConnectionsDeps {
  readonly random: Random;
  /** Called when the server refuses a channel. */
  readonly onRefused: (channel: string, why: string) => void;
}

/**
 * The Redis or Valkey server, over three ioredis connections: one for small commands, one for long replies and one for
 * channels. The server counts as connected once all three connections are up and have answered, and every channel is
 * subscribed to. It counts as unreachable from the first late answer until all three connections answer again, so that
 * callers do not time out repeatedly.
 */
export class RedisConnections implements Redis {
  readonly #clients: Readonly<Record<Lane, Client>>;
  readonly #subscriptions: Subscriptions;
  readonly #listeners = new Set<(isConnected: boolean) => void>();
  readonly #failureListeners = new Set<(why: string) => void>();
  readonly #digests = new WeakMap<RedisScript, string>();
  #isConnected = false;
  #isChecking = false;
  #isClosed = false;
  #unanswered = 0;
  #timer: Timer | null = null;
  #lastReason: string | null = null;

  constructor(ClientClass: RedisClientClass, settings: FleetSettings, deps: RedisConnectionsDeps) {
    const make = (): Client => new ClientClass(clientOptions(settings, deps.random));
    this.#clients = { small: make(), bulk: make(), news: make() };
    this.#subscriptions = new Subscriptions(this.#clients.news, deps.onRefused);
    for (const client of Object.values(this.#clients)) {
      client.on('ready', () => void this.#check());
      client.on('close', () => this.#lose(this.#lastReason ?? 'The connection was closed'));
      client.on('error', (error: unknown) => this.#fail(rootReason(error)));
    }
  }

  /** Starts to connect, and keeps reconnecting until it is closed. Never waits. */
  connect(): void {
    for (const client of Object.values(this.#clients)) {
      // The `error` listener receives the same failure, and ioredis retries by itself.
      client.connect().catch(() => {});
    }
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Why the server is unreachable; null while it is connected. */
  get lastReason(): string | null {
    return this.#isConnected ? null : this.#lastReason;
  }

  command(name: string, ...args: readonly Argument[]): Promise<RedisReply> {
    return this.#ask(() => call(this.#clients.small, name, args));
  }

  bulk(name: string, ...args: readonly Argument[]): Promise<RedisReply> {
    return this.#ask(() => callForBytes(this.#clients.bulk, name, args));
  }

  run(script: RedisScript, ...args: readonly Argument[]): Promise<RedisReply> {
    return this.#runScript(script, args, (...command) => this.command(...command));
  }

  runBulk(script: RedisScript, ...args: readonly Argument[]): Promise<RedisReply> {
    return this.#runScript(script, args, (...command) => this.bulk(...command));
  }

  subscribe(channel: string, listener: (message: string) => void): () => void {
    return this.#subscriptions.add(channel, listener, this.#isConnected);
  }

  onChange(listener: (isConnected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` for each new reason why the server cannot be reached. */
  onFailure(listener: (why: string) => void): void {
    this.#failureListeners.add(listener);
  }

  /** Disconnects permanently. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const client of Object.values(this.#clients)) client.disconnect();
    this.#lose('The fleet was closed');
  }

  async #ask(question: () => Promise<RedisReply>): Promise<RedisReply> {
    if (!this.#isConnected) throw unavailable(this.#lastReason ?? 'There is no connection yet');
    try {
      return await this.#inTime(question());
    } catch (error) {
      if (error instanceof SwitchyardError) throw error;
      if (!isRefusal(error)) throw unavailable(rootReason(error), error);
      if (AWAY.test(messageOf(error))) {
        this.#lose(messageOf(error));
        throw unavailable(messageOf(error), error);
      }
      throw new SwitchyardError('FLEET_REFUSED', `The server of the fleet answered with an error: ${messageOf(error)}`);
    }
  }

  /**
   * Limits the time for an answer. A late answer means that the server is unreachable. ioredis still assigns the late
   * answer to its own command.
   */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    using limit = deadline(ANSWER_TIMEOUT_MS, () => unavailable(LATE));
    try {
      return await raceSignal(answer, limit.signal);
    } catch (error) {
      if (limit.signal.aborted) this.#lose(LATE);
      throw error;
    }
  }

  async #runScript(
    script: RedisScript,
    args: readonly Argument[],
    command: (name: string, ...args: readonly Argument[]) => Promise<RedisReply>,
  ): Promise<RedisReply> {
    try {
      return await command('EVALSHA', this.#digestOf(script), script.keys, ...args);
    } catch (error) {
      if (codeOf(error) !== 'FLEET_REFUSED' || !messageOf(error).includes('NOSCRIPT')) throw error;
      return command('EVAL', script.lua, script.keys, ...args);
    }
  }

  #digestOf(script: RedisScript): string {
    const digest = this.#digests.get(script) ?? hash('sha1', script.lua);
    this.#digests.set(script, digest);
    return digest;
  }

  /** Checks whether all three connections are up and answer. One check at a time. */
  async #check(): Promise<void> {
    if (this.#isChecking || this.#isClosed) return;
    const clients = Object.values(this.#clients);
    // The last connection to become ready runs the check.
    if (clients.some(({ status }) => status !== 'ready')) return;
    this.#isChecking = true;
    try {
      const pings = clients.map((client) => ping(client));
      await this.#inTime(Promise.all([...pings, this.#subscriptions.renew()]));
      this.#unanswered = 0;
      this.#gain();
    } catch (error) {
      this.#lose(error instanceof SwitchyardError ? LATE : rootReason(error));
      this.#unanswered += 1;
      if (this.#unanswered % PROBES_UNTIL_RECONNECT === 0) for (const client of clients) client.disconnect(true);
    } finally {
      this.#isChecking = false;
    }
    this.#checkAfter(this.#isConnected ? BEAT_MS : SILENT_PROBE_MS);
  }

  #checkAfter(ms: number): void {
    this.#timer?.cancel();
    if (!this.#isClosed) this.#timer = startTimer(ms, () => void this.#check());
  }

  #gain(): void {
    if (this.#isConnected || this.#isClosed) return;
    this.#isConnected = true;
    this.#lastReason = null;
    for (const listener of this.#listeners) listener(true);
  }

  #lose(why: string): void {
    if (!this.#isConnected) {
      this.#fail(why);
      return;
    }
    this.#isConnected = false;
    this.#lastReason = why;
    for (const listener of this.#listeners) listener(false);
    this.#checkAfter(SILENT_PROBE_MS);
  }

  #fail(why: string): void {
    if (this.#isConnected || this.#isClosed || why === this.#lastReason) {
      this.#lastReason = why;
      return;
    }
    this.#lastReason = why;
    for (const listener of this.#failureListeners) listener(why);
  }
}

function unavailable(why: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('FLEET_UNAVAILABLE', `The server of the fleet does not answer: ${why}.`, { cause });
}
