import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { asSwitchyardError } from '../../../shared/errors.ts';
import type { FleetHost } from '../../../shared/fleet/fleet-settings.ts';
import type { FleetApi } from '../../../shared/protocol/fleet/fleet-messages.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import type { RedisReply } from '../redis.ts';
import { sealHost } from './host-record.ts';
import { KnownHosts } from './known-hosts.ts';

/** How often a host says that it is there, and reads who else is. In a large fleet half as often. */
const REFRESH_MS = 5_000;
const LARGE_FLEET = 1_000;

/** All hosts have a new map at the same moment: each says so within this, and not before half of it. */
const TOLD_WITHIN_MS = 3_000;

/** So many hosts in all remove lapsed names in one turn of the fleet: one is enough, and each costs a command. */
const CLEANERS = 10;

/** A host that says nothing for this long is no longer there. */
const LAPSE_MS = 30_000;

/** Hosts that hear of another one at the same moment do not all read at the same moment. */
const SPREAD_MS = 200;

/** Hosts whose news are remembered until the next turn; it reads the others by and by. */
const MAX_CHANGED = 200;

type Facts = Parameters<FleetApi['announce']>[0];

/** The roster: says that this host is there, and hears of the others. By the server's time alone. */
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
  /** Hosts that said that something about them has changed. */
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

  /** One at a time; what comes up meanwhile is done right after. */
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
    // With some chance in it: hosts that were started together do not stay together.
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
    // A server that is full, or a user who may not write, does not keep this host from hearing of the others.
    const written = await Promise.allSettled(this.#facts === null ? [] : [this.#write(this.#facts, nowMs)]);
    // What this host says of itself is no reason to read the others.
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
    // Others are told of replicas alone, which requests are sent to.
    if (facts.address === this.#toldAddress) return;
    await redis.command('PUBLISH', keys.hostNews, settings.hostId);
    this.#toldAddress = facts.address;
  }

  async #enlist(list: string, nowMs: number, isCleaner: boolean): Promise<void> {
    const { redis, settings } = this.#deps;
    // A roster of another type is somebody else's doing, and would keep every new host from being known.
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
    // The connection has said it where the server is away; a refusal stays the same until somebody mends it.
    if (code === 'FLEET_UNAVAILABLE' || this.#isRefused) return;
    this.#isRefused = true;
    this.#deps.emit({ kind: 'refused', what: 'hosts', why: message });
  }

  /** A later turn never replaces an earlier one, so that no flood of news can put off this host's own sign of life. */
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

/** TIME in milliseconds. */
function serverMs(time: RedisReply): number {
  const [seconds, microseconds] = Array.isArray(time) ? time.map(Number) : [];
  return (seconds ?? 0) * 1_000 + Math.floor((microseconds ?? 0) / 1_000);
}
