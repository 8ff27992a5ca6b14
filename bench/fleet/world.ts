import { setTimeout as sleep } from 'node:timers/promises';
import { FleetSource, type FleetSourceOptions } from '../../test/helpers/fleet/fleet-source.ts';
import { HostProcess, type HostView, leaderOf } from '../../test/helpers/fleet/fleet-world.ts';
import { RedisServer } from '../../test/helpers/fleet/redis-server.ts';

/** Maximum time for a change to reach all hosts. A slower change counts as this time. */
const GIVEN_UP_MS = 30_000;
/** Minimum time between two changes. A random part of the leader's poll interval is added to it. */
const CALM_MS = 1_500;
const POLL_MS = 1_000;
const LEADER_WITHIN_MS = 60_000;

export interface WorldShape {
  /** Total number of hosts. */
  readonly hosts: number;
  readonly processes: number;
  /** Interval at which a host without a fleet refreshes its map. */
  readonly intervalMs: number;
  /** Number of entries in a map. Each change gives the first entry a new name. */
  readonly entries: number;
  readonly isFleet: boolean;
  readonly source?: FleetSourceOptions;
  readonly offload?: 'auto' | 'never';
}

const changeId = (change: number): string => `change-${change}`;

function idsOf(entries: number, change: number): readonly string[] {
  return Array.from({ length: entries }, (_, index) => (index === 0 ? changeId(change) : `entry-${index}`));
}

/** Requests that the map source received in a period. */
export interface SourceLoad {
  readonly seconds: number;
  /** Number of requests that are not audits. */
  readonly requests: number;
  readonly audits: number;
  /** Number of requests, including audits, in each whole second. */
  readonly perSecond: readonly number[];
}

/** Runs real managers in several processes, one source for their map and, if they form a fleet, a real Redis server. */
export class BenchWorld implements AsyncDisposable {
  readonly source: FleetSource;
  /** The Redis server; null for hosts without a fleet. */
  readonly redis: RedisServer | null;
  readonly #shape: WorldShape;
  #processes: HostProcess[] = [];
  readonly #endServer = (): void => {
    if (this.redis !== null && this.redis.pid > 0) process.kill(this.redis.pid, 'SIGKILL');
  };
  #started = 0;
  #change = 0;

  private constructor(shape: WorldShape, source: FleetSource, redis: RedisServer | null) {
    this.#shape = shape;
    this.source = source;
    this.redis = redis;
    // Ends the Redis server even if the benchmark is interrupted.
    process.once('exit', this.#endServer);
  }

  /** Starts all hosts. Resolves once every host has the first map and, in a fleet, one host is the leader. */
  static async start(shape: WorldShape): Promise<BenchWorld> {
    const redis = shape.isFleet ? await RedisServer.start() : null;
    const world = new BenchWorld(shape, await FleetSource.start(idsOf(shape.entries, 0), shape.source), redis);
    for (let index = 0; index < shape.processes; index += 1) world.addProcess();
    await Promise.all(world.#processes.map(({ started }) => started));
    if (shape.isFleet) await leaderOf(world.views, LEADER_WITHIN_MS);
    await world.lastFresh();
    await world.delays();
    return world;
  }

  get views(): readonly HostView[] {
    return this.#processes.flatMap(({ views }) => views);
  }

  addProcess(): HostProcess {
    const { hosts, processes, intervalMs, isFleet, offload = 'never' } = this.#shape;
    const process = new HostProcess(`p${this.#started}`, {
      ...{ url: this.source.url, redis: this.redis?.url ?? null, intervalMs, offload, isQuiet: true },
      ...{ count: Math.ceil(hosts / processes), startWithinMs: isFleet ? 20 * hosts + 2_000 : intervalMs },
    });
    this.#started += 1;
    this.#processes.push(process);
    return process;
  }

  /** Kills the process of the leader with SIGKILL. All hosts in that process are killed. */
  async killLeader(): Promise<void> {
    const leader = await leaderOf(this.views, LEADER_WITHIN_MS);
    const led = this.#processes.find(({ views }) => views.includes(leader));
    await led?.kill();
    this.#processes = this.#processes.filter((process) => process !== led);
  }

  /** Changes the map after `afterMs`. Resolves with the milliseconds until the change reached the last host. */
  async change(afterMs = CALM_MS + POLL_MS * Math.random()): Promise<number> {
    this.#change += 1;
    const publish = this.source.prepare(idsOf(this.#shape.entries, this.#change));
    await sleep(afterMs);
    publish();
    return this.lastFresh();
  }

  /** Resolves with the milliseconds until the latest change of the map reached the last host. */
  async lastFresh(): Promise<number> {
    const { at: publishedAt } = this.source.current;
    const id = changeId(this.#change);
    while (Date.now() - publishedAt < GIVEN_UP_MS) {
      if (this.views.every(({ ids }) => ids.includes(id)))
        return Math.max(...this.views.map(({ at }) => at)) - publishedAt;
      await sleep(20);
    }
    return GIVEN_UP_MS;
  }

  /** Returns the memory of each process, and the delays of its event loop since the last call. */
  delays(): Promise<readonly { readonly p99Ms: number; readonly maxMs: number; readonly rssBytes: number }[]> {
    return Promise.all(this.#processes.map((process) => process.delay()));
  }

  /** Measures the load of the source while `work` runs. */
  async loadDuring(work: () => Promise<unknown>): Promise<SourceLoad> {
    const auditsBefore = this.#audits();
    const fromMs = Date.now();
    await work();
    const toMs = Date.now();
    const audits = this.#audits() - auditsBefore;
    const count = (startMs: number, endMs: number): number =>
      this.source.requests.filter(({ at }) => at >= startMs && at < endMs).length;
    return {
      ...{ seconds: (toMs - fromMs) / 1_000, requests: count(fromMs, toMs) - audits, audits },
      perSecond: Array.from({ length: Math.floor((toMs - fromMs) / 1_000) }, (_, second) =>
        count(fromMs + second * 1_000, fromMs + (second + 1) * 1_000),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#endServer);
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
    await this.source[Symbol.asyncDispose]();
    await this.redis?.[Symbol.asyncDispose]();
  }

  #audits(): number {
    return this.views.reduce((sum, view) => sum + view.logged('fleet-audit').length, 0);
  }
}
