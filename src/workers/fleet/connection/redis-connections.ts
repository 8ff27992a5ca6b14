import { hash } from 'node:crypto';
import type { Redis as Client } from 'ioredis';
import { deadline, type Random, raceSignal, startTimer, type Timer } from '../../../shared/clock.ts';
import { codeOf, messageOf, rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { FleetSettings } from '../../../shared/fleet/fleet-settings.ts';
import type { Redis, RedisReply, RedisScript } from '../redis.ts';
import { clientOptions } from './client-options.ts';
import { type Argument, call, callForBytes, isRefusal, ping, type RedisClientClass } from './redis-client.ts';
import { Subscriptions } from './subscriptions.ts';

/** Timeout for the answer to one command. */
const ANSWER_TIMEOUT_MS = 1_000;
const LATE = `No answer within ${ANSWER_TIMEOUT_MS} ms`;

/** Interval between the pings on an idle connection, and between the probes of a server that does not answer. */
const BEAT_MS = 5_000;
const SILENT_PROBE_MS = 500;

/**
 * After this many probes without an answer, the connections are opened again, because the Redis server may have dropped
 * them.
 */
const PROBES_UNTIL_RECONNECT = 4;

/** Errors that say that the Redis server is not ready or not accessible. They do not depend on the command. */
const AWAY = /^(LOADING|MASTERDOWN|CLUSTERDOWN|BUSY|NOAUTH|WRONGPASS|UNKILLABLE)\b/;

type Lane = 'small' | 'bulk' | 'news';

interface RedisConnectionsDeps {
  readonly random: Random;
  /** Called when the Redis server refuses the subscription to a channel. */
  readonly onRefused: (channel: string, why: string) => void;
}

/**
 * Connects to the Redis or Valkey server over three ioredis connections: for small commands, for long replies and for
 * channels. The server counts as connected once all three connections are up and have answered, and every channel is
 * subscribed to. After the first late answer, it counts as unreachable until all three connections answer again.
 * Callers then fail immediately instead of waiting for a timeout each time.
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

  /** Starts to connect, and keeps reconnecting until {@link close} is called. Does not wait for the connection. */
  connect(): void {
    for (const client of Object.values(this.#clients)) {
      // The `error` listener receives the same failure, and ioredis tries again automatically.
      client.connect().catch(() => {});
    }
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Why the Redis server is unreachable; null while it is connected. */
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

  /** Calls `listener` for each new reason why the Redis server cannot be reached. */
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
      throw new SwitchyardError('FLEET_REFUSED', `The fleet's server answered with an error: ${messageOf(error)}`);
    }
  }

  /**
   * Limits the time for an answer. If the answer is late, the Redis server counts as unreachable. ioredis still matches
   * a late answer to its command, so it is never mistaken for the answer to another command.
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

  /** Checks whether all three connections are up and answer. Only one check runs at a time. */
  async #check(): Promise<void> {
    if (this.#isChecking || this.#isClosed) return;
    const clients = Object.values(this.#clients);
    // Not all connections are ready yet. The last one that becomes ready runs the check again.
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
  return new SwitchyardError('FLEET_UNAVAILABLE', `The fleet's server does not answer: ${why}.`, { cause });
}
