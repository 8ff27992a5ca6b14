import { monotonicMs } from '../../../shared/clock.ts';
import type { FleetHost } from '../../../shared/fleet/fleet-settings.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import type { RedisReply } from '../redis.ts';
import { type HostRecord, openHost } from './host-record.ts';

/**
 * A host stays known for this long after the roster last listed it, because hosts keep running if all data on the Redis
 * server is deleted.
 */
const GRACE_MS = 10_000;

/**
 * Maximum number of names that are read from each of the two rosters: one lists the replicas, and the other lists all
 * hosts.
 */
const MAX_HOSTS = 10_000;

/**
 * Maximum size of a fleet in which every host is known. In a larger fleet, a host knows all replicas, the number of
 * hosts, and a sample of this many other hosts. This limits how much each host reads.
 */
const MAX_SAMPLE = 256;

/**
 * Maximum numbers of new names, and of known names, whose records are read in one round. A large fleet is read over
 * several rounds.
 */
const MAX_NEW = 500;
const MAX_AGAIN = 16;
/** Number of names that a host of a large fleet reads in one round to fill its sample. */
const MAX_LOOKED_AT = 64;

/** Maximum time until an entry of the roster expires. No host writes a later time. */
const MAX_LAPSE_MS = 60_000;

const HOST_ID = /^[A-Za-z0-9_-]{1,32}$/;

interface Known {
  record: HostRecord;
  /** When the roster last listed the host, on the monotonic clock. */
  heardAtMs: number;
  readAtMs: number;
  /** Whether the host's record had expired when it was last read. */
  isGone: boolean;
}

/** The other hosts of the fleet. Only sealed records are used, and an older record never replaces a newer one. */
export class KnownHosts {
  readonly #deps: FleetPartDeps;
  readonly #known = new Map<string, Known>();
  readonly #refused = new Set<string>();
  /** Number of hosts in the roster as counted by the Redis server, including this host. */
  #count = { hosts: 0, atMs: 0 };
  /** The roster that was reported last, as JSON. Null until the roster was read once. */
  #told: string | null = null;
  /** The hosts of the roster that was reported last. */
  #present: readonly FleetHost[] = [];

  constructor(deps: FleetPartDeps) {
    this.#deps = deps;
  }

  /** Number of other hosts. In a large fleet, this is the number that the Redis server counted. */
  get count(): number {
    const known = this.#present.length;
    return this.#count.hosts <= MAX_SAMPLE ? known : Math.max(known, this.#count.hosts - 1);
  }

  /**
   * Reads the roster. `nowMs` is the Redis server's time. The hosts in `again` are read in any case. With `wantsAll`,
   * every host is read, however many there are. Rejects as {@link FleetPartDeps.redis} does, and then changes nothing.
   */
  async read(nowMs: number, again: ReadonlySet<string>, wantsAll: boolean): Promise<void> {
    const { redis, keys, settings } = this.#deps;
    const [count, replicas] = await Promise.all([
      redis.command('ZCARD', keys.hosts),
      this.#names(keys.replicas, nowMs, MAX_HOSTS),
    ]);
    const heardAtMs = monotonicMs();
    this.#counted(Number(count), heardAtMs);
    const isSmall = wantsAll || this.#count.hosts <= MAX_SAMPLE;
    const isFull = !isSmall && this.#known.size >= MAX_SAMPLE;
    const names = isFull ? [] : await this.#names(keys.hosts, nowMs, isSmall ? MAX_HOSTS : MAX_LOOKED_AT);
    const others = new Set([...replicas, ...names].filter((id) => id !== settings.hostId));
    for (const id of others) {
      const known = this.#known.get(id);
      if (known !== undefined) known.heardAtMs = heardAtMs;
    }
    const pieceLength = MAX_NEW + MAX_AGAIN;
    const chosen = this.#choose(others, again, wantsAll);
    for (let start = 0; start < chosen.length; start += pieceLength) {
      const piece = chosen.slice(start, start + pieceLength);
      const boxes = asList(await redis.bulk('MGET', ...piece.map((id) => keys.host(id))));
      for (const [index, id] of piece.entries()) this.#take(id, boxes[index] ?? null, heardAtMs);
    }
    this.#forget(heardAtMs, !isSmall);
    this.#tell();
  }

  async #names(key: string, nowMs: number, limit: number): Promise<readonly string[]> {
    const range = [String(nowMs), String(nowMs + MAX_LAPSE_MS), 'BYSCORE', 'LIMIT', 0, limit];
    return asList(await this.#deps.redis.command('ZRANGE', key, ...range)).filter(isHostId);
  }

  /**
   * Records the number of hosts. A lower number is used only once it has lasted for a while, because hosts keep running
   * if all data on the Redis server is deleted.
   */
  #counted(hosts: number, nowMs: number): void {
    if (hosts >= this.#count.hosts || nowMs - this.#count.atMs > GRACE_MS) this.#count = { hosts, atMs: nowMs };
  }

  #choose(others: ReadonlySet<string>, again: ReadonlySet<string>, wantsAll: boolean): readonly string[] {
    const most = wantsAll ? MAX_HOSTS : MAX_NEW;
    const fresh = [...others].filter((id) => !this.#known.has(id) || again.has(id)).slice(0, most);
    const oldest = [...this.#known]
      .filter(([id]) => !again.has(id))
      .sort(([, one], [, other]) => one.readAtMs - other.readAtMs)
      .slice(0, MAX_AGAIN);
    return [...fresh, ...oldest.map(([id]) => id)];
  }

  #take(id: string, box: RedisReply, nowMs: number): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.readAtMs = nowMs;
    if (known !== undefined) known.isGone = box === null;
    if (!(box instanceof Uint8Array)) return;
    const { sealer, keys } = this.#deps;
    const record = openHost(sealer, keys.host(id), box);
    if (record === null || record.host.hostId !== id) {
      this.#refuse(id);
      return;
    }
    this.#refused.delete(id);
    if (known !== undefined && record.revision < known.record.revision) return;
    this.#known.set(id, { record, heardAtMs: nowMs, readAtMs: nowMs, isGone: false });
  }

  #refuse(id: string): void {
    // Each refusal is reported once, not every few seconds.
    if (this.#refused.has(id) || this.#refused.size >= MAX_HOSTS) return;
    this.#refused.add(id);
    const why = 'The record of a host is not sealed with a secret of this fleet. Give all hosts the same id and secret';
    this.#deps.emit({ kind: 'refused', what: `host:${id}`, why });
  }

  /** Forgets hosts that have ended. A host in the sample of a large fleet stays known until its record has expired. */
  #forget(nowMs: number, isSample: boolean): void {
    for (const [id, { record, heardAtMs, isGone }] of this.#known) {
      const isListed = !isSample || record.host.address !== null;
      if (isListed ? nowMs - heardAtMs > GRACE_MS : isGone) this.#known.delete(id);
    }
  }

  #tell(): void {
    const hosts = this.#list();
    this.#present = hosts;
    const { count } = this;
    const text = JSON.stringify([count, hosts]);
    if (text === this.#told) return;
    this.#told = text;
    this.#deps.emit({ kind: 'roster', hosts, count });
  }

  #list(): readonly FleetHost[] {
    const present = [...this.#known.values()].filter(({ record }) => !record.hasLeft).map(({ record }) => record.host);
    return present.sort((one, other) => one.startedAt - other.startedAt || (one.hostId < other.hostId ? -1 : 1));
  }
}

function asList(reply: RedisReply): readonly RedisReply[] {
  return Array.isArray(reply) ? reply : [];
}

function isHostId(name: RedisReply): name is string {
  return typeof name === 'string' && HOST_ID.test(name);
}
