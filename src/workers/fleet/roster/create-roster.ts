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
 * All hosts get a new map at the same moment. Each host announces the map after a random time between half of this time
 * and all of it.
 */
const TOLD_WITHIN_MS = 3_000;

/**
 * Average number of hosts that remove lapsed names in each round. One host would be enough, and each such host sends
 * one command more.
 */
const CLEANERS = 10;

/** Time without an announcement after which a host is no longer present. */
const LAPSE_MS = 30_000;

/** Period over which hosts spread their reads after they hear of another host. */
const SPREAD_MS = 200;

/** Maximum number of changed hosts to remember until the next turn. Later turns read the other changed hosts. */
const MAX_CHANGED = 200;

type Facts = Parameters<FleetApi['announce']>[0];

/** Creates the roster, which announces this host and follows the other hosts. It only uses the server's time. */
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
  /** Hosts that announced a change. */
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

  /** Runs one turn at a time. If another turn is requested meanwhile, it runs right afterwards. */
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
    // The pause has a random part, so that hosts that were started together do not stay in step.
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
    // Even if the server is full or the user may not write, this host must read about the other hosts.
    const written = await Promise.allSettled(this.#facts === null ? [] : [this.#write(this.#facts, nowMs)]);
    // A change of this host alone is no reason to read the other hosts.
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
    // Only a changed address is announced at once, because other replicas send requests to it.
    if (facts.address === this.#toldAddress) return;
    await redis.command('PUBLISH', keys.hostNews, settings.hostId);
    this.#toldAddress = facts.address;
  }

  async #enlist(list: string, nowMs: number, isCleaner: boolean): Promise<void> {
    const { redis, settings } = this.#deps;
    // A roster of another type was written by another program, and would keep every new host from being known.
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
    // The connection already reports that the server is unreachable. A refusal stays the same until its cause is
    // removed.
    if (code === 'FLEET_UNAVAILABLE' || this.#isRefused) return;
    this.#isRefused = true;
    this.#deps.emit({ kind: 'refused', what: 'hosts', why: message });
  }

  /**
   * Schedules a turn. A later turn never replaces an earlier turn, so that a flood of news cannot postpone this host's
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
