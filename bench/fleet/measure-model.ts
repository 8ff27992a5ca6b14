import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { RedisServer } from '../../test/helpers/fleet/redis-server.ts';
import { type FleetLoad, type FleetShape, fleetLoad, hasPatches, type MeasuredSizes } from './model.ts';
import { type RedisLoad, redisLoadDuring } from './redis-load.ts';
import { BenchWorld, type SourceLoad } from './world.ts';

export interface ModelRun {
  /**
   * Numbers of hosts in two measured fleets. The smaller fleet gives the server's memory per host, and the larger fleet
   * checks that figure.
   */
  readonly sizes: readonly [number, number];
  readonly processes: number;
  readonly entries: number;
  readonly intervalMs: number;
  readonly seconds: number;
}

/** Numbers of hosts in the extrapolated fleets. One in a hundred hosts is a gateway. */
const FLEETS = [1_000, 10_000, 100_000];
const REPLICA_SHARE = 1 / 100;
/** Number of map changes per hour in the extrapolated fleets. */
const CHANGES_PER_HOUR = 10;
/** Waiting time after the last host has joined. In this time, each host adds its record to the roster of all hosts. */
const SETTLE_MS = 6_000;

interface Measured {
  readonly redis: RedisLoad;
  readonly source: SourceLoad;
  readonly bodyBytes: number;
  readonly recordBytes: number;
  readonly headBytes: number;
  readonly memoryWithoutHosts: number;
}

/** Measures two fleets, compares the Redis server's own counters with the model, and extrapolates to larger fleets. */
export async function measureModel(run: ModelRun, tell: (section: Section) => void): Promise<void> {
  const [small, large] = [await measured(run, run.sizes[0]), await measured(run, run.sizes[1])];
  const perHost = (small.redis.memoryBytes - small.memoryWithoutHosts) / run.sizes[0];
  const sizes: MeasuredSizes = { ...large, memoryPerHostBytes: perHost };
  const shape = (hosts: number, overrides: Partial<FleetShape> = {}): FleetShape => ({
    ...{ hosts, replicas: 0, intervalSeconds: run.intervalMs / 1_000, changesPerSecond: 0 },
    ...{ bodyBytes: large.bodyBytes, patchBytes: hasPatches(large.bodyBytes) ? large.bodyBytes / 80 : null },
    ...overrides,
  });
  for (const [index, found] of [small, large].entries())
    tell(compared(fleetLoad(shape(run.sizes[index] ?? 0), sizes), found, run.sizes[index] ?? 0));
  const fleets = FLEETS.map((hosts) => {
    const replicas = hosts * REPLICA_SHARE;
    return [hosts, fleetLoad(shape(hosts, { replicas, changesPerSecond: CHANGES_PER_HOUR / 3_600 }), sizes)] as const;
  });
  tell(extrapolated(fleets, run));
}

function compared(model: FleetLoad, { redis, source, memoryWithoutHosts }: Measured, hosts: number): Section {
  const pair = (metric: string, unit: string, said: number, found: number): readonly Row[] => [
    { way: 'model', metric, unit, samples: [said], baseline: 'measured' },
    { way: 'measured', metric, unit, samples: [found], baseline: null },
  ];
  return {
    title: `The model compared with the server's own counters, ${hosts} hosts at rest`,
    rows: [
      ...pair('requests at the source without audits', '1/s', model.sourcePolls, source.requests / source.seconds),
      ...pair('audits at the source', '1/s', model.sourceAudits, source.audits / source.seconds),
      ...Object.entries(model.commands)
        .filter(([, rate]) => rate > 0)
        .flatMap(([name, rate]) => pair(name.toUpperCase(), '1/s', rate, redis.commands[name] ?? 0)),
      ...pair('the server sends', 'kB/s', model.sentBytesPerSecond / 1e3, redis.sentBytesPerSecond / 1e3),
      ...pair('connections', '', model.connections, redis.connections - 1),
      ...pair("the server's memory", 'MB', model.memoryBytes / 1e6, (redis.memoryBytes - memoryWithoutHosts) / 1e6),
    ],
  };
}

function extrapolated(fleets: readonly (readonly [number, FleetLoad])[], { intervalMs }: ModelRun): Section {
  const row = (metric: string, unit: string, of: (load: FleetLoad) => number): readonly Row[] =>
    fleets.map(([hosts, load]) => ({ way: `${hosts} hosts`, metric, unit, samples: [of(load)], baseline: null }));
  return {
    title: 'Extrapolated, not measured',
    rows: [
      ...row('requests at the source without a fleet', '1/s', (load) => load.sourceAlone),
      ...row('requests at the source without audits', '1/s', (load) => load.sourcePolls),
      ...row('audits at the source', '1/s', (load) => load.sourceAudits),
      ...row('commands', '1/s', (load) => load.commandsPerSecond),
      ...row('messages delivered', '1/s', (load) => load.deliveriesPerSecond),
      ...row('the server sends', 'MB/s', (load) => load.sentBytesPerSecond / 1e6),
      ...row('connections', '', (load) => load.connections),
      ...row("the server's memory", 'MB', (load) => load.memoryBytes / 1e6),
    ],
    notes: [
      `Own interval ${intervalMs / 1_000} s, ${CHANGES_PER_HOUR} changes an hour, one host in ${1 / REPLICA_SHARE} a gateway.`,
    ],
  };
}

async function measured({ processes, entries, intervalMs, seconds }: ModelRun, hosts: number): Promise<Measured> {
  await using world = await BenchWorld.start({ hosts, processes, entries, intervalMs, isFleet: true });
  const { redis } = world;
  if (redis === null) throw new Error('Internal error: the fleet has no Redis server');
  await sleep(SETTLE_MS);
  let load: RedisLoad | null = null;
  const source = await world.loadDuring(async () => {
    load = await redisLoadDuring(redis, () => sleep(seconds * 1_000));
  });
  if (load === null) throw new Error('Internal error: the load of the Redis server was not measured');
  const lengthOf = async (pattern: string): Promise<number> => {
    const names = (await redis.do('KEYS', pattern)) as readonly string[];
    return Number(await redis.do('STRLEN', names.find((name) => !name.includes(':patch:')) ?? ''));
  };
  const sizes = { bodyBytes: await lengthOf('*:body:*'), recordBytes: await lengthOf('*:host:*') };
  const headBytes = await lengthOf('*:head');
  await using empty = await RedisServer.start();
  const { memoryBytes: memoryWithoutHosts } = await redisLoadDuring(empty, async () => {});
  return { redis: load, source, ...sizes, headBytes, memoryWithoutHosts };
}
