import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { BenchWorld, type SourceLoad } from './world.ts';

/** Parameters of part `hosts`. */
export interface HostsRun {
  /** Total number of hosts. */
  readonly hosts: number;
  readonly processes: number;
  /** Number of entries in a map. */
  readonly entries: number;
  /** Number of changes of the map for which the delay is measured. */
  readonly changes: number;
  /** How often the leader is killed. The map changes after each time. */
  readonly kills: number;
  /** Interval at which a host without a fleet refreshes its map. */
  readonly intervalMs: number;
}

/** Results of part `hosts`. */
interface HostsFigures {
  readonly calm: SourceLoad;
  /**
   * Time from the first change until it reached the last host. It is reported separately, because the hosts have not
   * run the code for changes before.
   */
  readonly firstFreshMs: number;
  /** For each later change of the map, the time until it reached the last host. */
  readonly lastFreshMs: readonly number[];
  /** For each change made 200 ms after the leader was killed, the time until it reached the last host. */
  readonly afterKillMs: readonly number[];
  /**
   * Load of the source while the Redis server was stopped (`away`), and after it was started again (`back`). Null for
   * hosts without a fleet.
   */
  readonly away: SourceLoad | null;
  readonly back: SourceLoad | null;
  readonly delays: Awaited<ReturnType<BenchWorld['delays']>>;
}

/** Time between killing the leader and changing the map. */
const AFTER_KILL_MS = 200;
/** Time between two kills. */
const CALM_MS = 3_000;
/** Time without news after which a host of a fleet polls the source itself. */
const ALONE_MS = 6_000;
/** Requests per second that a fleet sends while nothing changes: polls by the leader, and some audits. */
const AT_REST = 2;

/** Measures the hosts of one fleet, and then the same number of hosts without a fleet. Each run has a new source. */
export async function measureHosts(run: HostsRun, tell: (section: Section) => void): Promise<void> {
  const fleet = await runHosts(run, true);
  const alone = await runHosts({ ...run, changes: Math.min(3, run.changes), kills: 0 }, false);
  const { hosts, processes, entries, intervalMs } = run;
  tell({
    title: `${hosts} hosts in ${processes} processes, maps of ${entries} entries`,
    rows: [...rowsOf('fleet', fleet), ...rowsOf('lone hosts', alone)],
    notes: [
      `Own interval ${intervalMs / 1_000} s; each host verifies each map (HMAC); one Redis on the same machine.`,
      restNote(fleet.back),
    ],
  });
}

function restNote(back: SourceLoad | null): string {
  if (back === null) return '';
  const restsAfter = back.perSecond.findIndex((requests) => requests <= AT_REST);
  return `After Redis came back: ${restsAfter} s until at most ${AT_REST} requests a second; ${back.perSecond.join(' ')}.`;
}

function rowsOf(
  way: string,
  { calm, firstFreshMs, lastFreshMs, afterKillMs, away, back, delays }: HostsFigures,
): readonly Row[] {
  const peak = (load: SourceLoad): readonly number[] => [Math.max(0, ...load.perSecond)];
  const rows: readonly (readonly [string, string, readonly number[]])[] = [
    ['requests at the source without audits, mean', '1/s', [calm.requests / calm.seconds]],
    ['audits at the source, mean', '1/s', away === null ? [] : [calm.audits / calm.seconds]],
    ['requests at the source in any second', '1/s', calm.perSecond],
    // Hosts without a fleet need no Redis server, so their figure for normal operation is shown here.
    ['peak of requests without Redis', '1/s', peak(away ?? calm)],
    ['peak of requests when Redis is back', '1/s', back === null ? [] : peak(back)],
    ['last host fresh after a change', 'ms', lastFreshMs],
    ['last host fresh after the first change of all', 'ms', [firstFreshMs]],
    ["last host fresh after the leader's SIGKILL", 'ms', afterKillMs],
    ['longest event loop delay of a process', 'ms', delays.map(({ maxMs }) => maxMs)],
    ['event loop delay of a process, p99', 'ms', delays.map(({ p99Ms }) => p99Ms)],
    ['memory of a process', 'MB', delays.map(({ rssBytes }) => rssBytes / 1e6)],
  ];
  return rows
    .filter(([, , samples]) => samples.length > 0)
    .map(([metric, unit, samples]) => ({ way, metric, unit, samples, baseline: 'lone hosts' }));
}

async function runHosts(run: HostsRun, isFleet: boolean): Promise<HostsFigures> {
  const { hosts, processes, entries, intervalMs } = run;
  await using world = await BenchWorld.start({ hosts, processes, entries, intervalMs, isFleet });
  const firstFreshMs = await world.change();
  await world.delays();
  const lastFreshMs: number[] = [];
  const calm = await world.loadDuring(async () => {
    for (let change = 1; change <= run.changes; change += 1) lastFreshMs.push(await world.change());
  });
  const delays = await world.delays();
  const afterKillMs: number[] = [];
  for (let kill = 1; kill <= run.kills; kill += 1) {
    await world.killLeader();
    afterKillMs.push(await world.change(AFTER_KILL_MS));
    await world.addProcess().started;
    await sleep(CALM_MS);
  }
  const { redis } = world;
  await redis?.kill();
  const away = redis === null ? null : await world.loadDuring(() => sleep(ALONE_MS + 2 * intervalMs));
  await redis?.restart();
  const back = redis === null ? null : await world.loadDuring(() => sleep(ALONE_MS + intervalMs));
  return { calm, firstFreshMs, lastFreshMs, afterKillMs, away, back, delays };
}
