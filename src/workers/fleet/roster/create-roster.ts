import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { asSwitchyardError } from '../../../shared/errors.ts';
import type { FleetHost } from '../../../shared/fleet/fleet-settings.ts';
import type { FleetApi } from '../../../shared/protocol/fleet/fleet-messages.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import type { RedisReply } from '../redis.ts';
import { sealHost } from './host-record.ts';
import { KnownHosts } from './known-hosts.ts';

/**
 * Interval at which a host announces itself and reads the other hosts. In a large fleet, the interval is twice as long.
 */
const REFRESH_MS = 5_000;
const LARGE_FLEET = 1_000;

/**
 * All hosts get a new map at the same moment. Each host announces that it has the map after a random delay between half
 * of this time and the whole time.
 */
const TOLD_WITHIN_MS = 3_000;

/**
 * Average number of hosts that remove expired names in each round. One would be enough, but the hosts do not agree on
 * which one.
 */
const CLEANERS = 10;

/** A host that has not announced itself for this long no longer counts as present. */
const LAPSE_MS = 30_000;

/** After a host announced a change, the other hosts read its record at random times within this period. */
const SPREAD_MS = 200;

/** Maximum number of changed hosts to remember until the next round. Other changed hosts are read in later rounds. */
const MAX_CHANGED = 200;

type Facts = Parameters<FleetApi['announce']>[0];

/**
 * Creates the roster, the fleet's list of hosts. It announces this host and reads which other hosts there are. All
 * times are from the Redis server's clock.
 */
export function createRoster(deps: FleetPartDeps): Pick<FleetApi, 'announce'> {
  const roster = new Roster(deps);
  return {
    announce: (facts) =>
      reply(async () => {
        roster.announce(facts);
        return null;
      }),
  };
}

class Roster {
  readonly #deps: FleetPartDeps;
  readonly #known: KnownHosts;
  #facts: Facts | null = null;
  #revision = 0;
  #toldAddress: string | null = null;
  #readDueMs = 0;
  /** Ids of hosts that announced a change. */
  #changed = new Set<string>();
  #timer: Timer | null = null;
  #dueMs = Number.POSITIVE_INFINITY;
  #isBusy = false;
  #isDue = false;
  #isRefused = false;
  #hasLeft = false;

  constructor(deps: FleetPartDeps) {
    this.#deps = deps;
    this.#known = new KnownHosts(deps);
    deps.redis.subscribe(deps.keys.hostNews, (hostId) => this.#hear(hostId));
    deps.redis.onChange((isConnected) => {
      this.#readDueMs = 0;
      if (isConnected) void this.#refresh();
    });
    deps.onClose(() => this.#leave());
  }

  announce(facts: Facts): void {
    const isUrgent = this.#facts === null || this.#facts.address !== facts.address;
    this.#facts = facts;
    this.#revision += 1;
    if (isUrgent) void this.#refresh();
    else this.#after(TOLD_WITHIN_MS * (0.5 + 0.5 * this.#deps.random.next()));
  }

  #hear(hostId: string): void {
    if (hostId === this.#deps.settings.hostId || this.#changed.size >= MAX_CHANGED) return;
    this.#changed.add(hostId);
    this.#readSoon();
  }

  /** Runs one round at a time. If another round is requested during a round, it runs immediately afterwards. */
  async #refresh(): Promise<void> {
    if (this.#isBusy) {
      this.#isDue = true;
      return;
    }
    this.#isBusy = true;
    try {
      do {
        this.#isDue = false;
        await this.#turn();
      } while (this.#isDue);
    } catch (error) {
      this.#report(error);
    } finally {
      this.#isBusy = false;
    }
    // The pause is partly random, because hosts that were started together must not send their requests together.
    this.#after(this.#pauseMs * (0.9 + 0.2 * this.#deps.random.next()));
    if (this.#changed.size > 0) this.#readSoon();
  }

  get #pauseMs(): number {
    return this.#known.count > LARGE_FLEET ? 2 * REFRESH_MS : REFRESH_MS;
  }

  #readSoon(): void {
    this.#after(SPREAD_MS * (0.25 + 0.75 * this.#deps.random.next()));
  }

  async #turn(): Promise<void> {
    const { redis } = this.#deps;
    if (!redis.isConnected || this.#hasLeft) return;
    const changed = this.#changed;
    this.#changed = new Set();
    const nowMs = serverMs(await redis.command('TIME'));
    // If the write fails, for example because the Redis server is full, this host must still read about the other
    // hosts.
    const written = await Promise.allSettled(this.#facts === null ? [] : [this.#write(this.#facts, nowMs)]);
    // The other hosts are only read if they announced a change, or if the next regular read is due.
    if (changed.size > 0 || monotonicMs() >= this.#readDueMs) {
      await this.#known.read(nowMs, changed, this.#facts === null);
      this.#readDueMs = monotonicMs() + 0.8 * this.#pauseMs;
    }
    for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason;
    this.#isRefused = false;
  }

  async #write(facts: Facts, nowMs: number): Promise<void> {
    const { redis, keys, settings } = this.#deps;
    const lists = facts.address === null ? [keys.hosts] : [keys.hosts, keys.replicas];
    const isCleaner = this.#deps.random.next() * this.#known.count < CLEANERS;
    await Promise.all([this.#put(facts, false), ...lists.map((list) => this.#enlist(list, nowMs, isCleaner))]);
    // Only a changed address is announced immediately, because other replicas send requests to this address.
    if (facts.address === this.#toldAddress) return;
    await redis.command('PUBLISH', keys.hostNews, settings.hostId);
    this.#toldAddress = facts.address;
  }

  async #enlist(list: string, nowMs: number, isCleaner: boolean): Promise<void> {
    const { redis, settings } = this.#deps;
    // A key of another type was written by another program. It is removed. Otherwise no new host could join.
    if (isCleaner && !['zset', 'none'].includes(String(await redis.command('TYPE', list))))
      await redis.command('DEL', list);
    await redis.command('ZADD', list, nowMs + LAPSE_MS, settings.hostId);
    if (isCleaner) await redis.command('ZREMRANGEBYSCORE', list, '-inf', nowMs);
  }

  async #put(facts: Facts, hasLeft: boolean): Promise<void> {
    const { redis, keys, settings, sealer } = this.#deps;
    const { hostId, role, version } = settings;
    const host: FleetHost = { hostId, role, version, ...facts };
    const key = keys.host(hostId);
    const box = sealHost(sealer, key, { host, revision: this.#revision, hasLeft });
    await redis.command('SET', key, box, 'PX', LAPSE_MS);
  }

  async #leave(): Promise<void> {
    const { redis, keys, settings } = this.#deps;
    this.#timer?.cancel();
    this.#hasLeft = true;
    if (this.#facts === null || !redis.isConnected) return;
    this.#revision += 1;
    await this.#put(this.#facts, true);
    if (this.#toldAddress !== null) await redis.command('PUBLISH', keys.hostNews, settings.hostId);
  }

  #report(error: unknown): void {
    const { code, message } = asSwitchyardError(error);
    // The connection already reports an unreachable server, and a refusal is reported only once.
    if (code === 'FLEET_UNAVAILABLE' || this.#isRefused) return;
    this.#isRefused = true;
    this.#deps.emit({ kind: 'refused', what: 'hosts', why: message });
  }

  /**
   * Schedules a round. A later time never replaces an earlier one, so that many messages cannot postpone this host's
   * own announcement.
   */
  #after(ms: number): void {
    const dueMs = monotonicMs() + ms;
    if (this.#hasLeft || dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = startTimer(ms, () => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      void this.#refresh();
    });
  }
}

/** Converts a reply of TIME to milliseconds. */
function serverMs(time: RedisReply): number {
  const [seconds, microseconds] = Array.isArray(time) ? time.map(Number) : [];
  return (seconds ?? 0) * 1_000 + Math.floor((microseconds ?? 0) / 1_000);
}
