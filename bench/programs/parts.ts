import type { StartSample } from './job.ts';
import { type Group, measureStart } from './measure.ts';
import { AT_ONCE, CORES_PLUS_ONE, MANAGER, ONE_BY_ONE } from './own-ways.ts';
import { PEER_WAYS } from './peer-ways.ts';

/** Figures of one way to start servers, with one figure for each round. */
interface Row {
  readonly way: string;
  readonly metric: string;
  readonly unit: string;
  readonly samples: readonly number[];
  readonly baseline: string | null;
}

interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

type Tell = (section: Section) => void;

export interface PartOptions {
  readonly runs: number;
  readonly withPeers: boolean;
  /** Total number of servers. */
  readonly count: number;
  readonly burnMs: number;
  readonly waitMs: number;
  /** Time limit in milliseconds. A server that is not connected within this time counts as failed. */
  readonly capMs: number;
}

/** Samples by way to start servers. The index of a sample is its round. */
type Rounds = ReadonlyMap<string, readonly StartSample[]>;

/** Measures servers that use much processor time before they answer. */
export async function measureCpu(options: PartOptions, tell: Tell): Promise<void> {
  const { count, burnMs } = options;
  const ways = [CORES_PLUS_ONE, AT_ONCE, ONE_BY_ONE, MANAGER];
  const rounds = await interleaved(ways, [{ kind: 'cpu', ms: burnMs, count }], options);
  const title = `${count} stdio servers that burn ${burnMs} ms of CPU before they answer`;
  tell({ title, rows: rowsOf(rounds.samples, count, CORES_PLUS_ONE), notes: rounds.notes });
}

/** Measures servers that wait before they answer, without using processor time. */
export async function measureWaiting(options: PartOptions, tell: Tell): Promise<void> {
  const { count, waitMs } = options;
  const rounds = await interleaved([AT_ONCE, MANAGER], [{ kind: 'wait', ms: waitMs, count }], options);
  const title = `${count} stdio servers that wait ${waitMs} ms, without CPU, before they answer`;
  const notes = [
    `One by one it would take ${((count * waitMs) / 1_000).toFixed(0)} s, so it is left out.`,
    ...rounds.notes,
  ];
  tell({ title, rows: rowsOf(rounds.samples, count, AT_ONCE), notes });
}

/** Measures a group of servers, a fifth of which never answer. */
export async function measureSilent(options: PartOptions, tell: Tell): Promise<void> {
  const silent = Math.max(1, Math.round(options.count / 5));
  const count = options.count - silent;
  const good: Group = { kind: 'cpu', ms: options.burnMs, count };
  const ways = [AT_ONCE, MANAGER];
  const [without, among]: [Map<string, StartSample[]>, Map<string, StartSample[]>] = [new Map(), new Map()];
  const notes = new Set<string>();
  for (let round = 0; round < options.runs; round += 1) {
    for (const way of waysOf(ways, options)) {
      await sampleInto(without, notes, way, [good], options.capMs);
      await sampleInto(among, notes, way, [good, { kind: 'silent', ms: 0, count: silent }], options.capMs);
    }
  }
  tell({
    title: `${count} stdio servers that burn ${options.burnMs} ms, with ${silent} that never answer`,
    rows: [...rowsOf(among, count, AT_ONCE), ...delayRows(without, among)],
    notes: ['Left out: one by one and cores + 1 at a time, which wait for the silent servers.', ...notes],
  });
}

/**
 * Returns how much later the last tool is listed if some servers never answer. Compares each round with the same round
 * without such servers.
 */
function delayRows(without: Rounds, among: Rounds): Row[] {
  return [...among].flatMap(([way, samples]) => {
    const delays = samples.flatMap(({ lastToolMs }, round) => {
      const before = without.get(way)?.[round]?.lastToolMs ?? null;
      return lastToolMs === null || before === null ? [] : [lastToolMs - before];
    });
    return rowOf(way, 'last tool, later than without them', 'ms', delays, null);
  });
}

async function interleaved(
  ways: readonly string[],
  groups: readonly Group[],
  options: PartOptions,
): Promise<{ readonly samples: Rounds; readonly notes: readonly string[] }> {
  const samples = new Map<string, StartSample[]>();
  const notes = new Set<string>();
  for (let round = 0; round < options.runs; round += 1) {
    for (const way of waysOf(ways, options)) await sampleInto(samples, notes, way, groups, options.capMs);
  }
  return { samples, notes: [...notes] };
}

function waysOf(ways: readonly string[], { withPeers }: PartOptions): readonly string[] {
  return withPeers ? [...ways, ...Object.keys(PEER_WAYS)] : ways;
}

async function sampleInto(
  samples: Map<string, StartSample[]>,
  notes: Set<string>,
  way: string,
  groups: readonly Group[],
  capMs: number,
): Promise<void> {
  try {
    samples.set(way, [...(samples.get(way) ?? []), await measureStart(way, groups, capMs)]);
  } catch (error) {
    // A peer may fail, but a failure of the manager or the SDK ends the benchmark.
    if (!(way in PEER_WAYS)) throw error;
    notes.add(String(error).slice(0, 300));
    const none: StartSample = { firstToolMs: null, lastToolMs: null, programsUp: 0, failedFirst: 0 };
    samples.set(way, [...(samples.get(way) ?? []), none]);
  }
}

function rowsOf(rounds: Rounds, count: number, baseline: string): Row[] {
  return [...rounds].flatMap(([way, samples]) => [
    ...rowOf(way, 'first tool', 'ms', valuesOf(samples, 'firstToolMs'), baseline),
    ...rowOf(way, 'last tool', 'ms', valuesOf(samples, 'lastToolMs'), baseline),
    ...rowOf(way, `last tool, relative to "${baseline}"`, '×', ratios(samples, rounds.get(baseline) ?? []), null),
    ...rowOf(way, `up, of ${count}`, 'servers', valuesOf(samples, 'programsUp'), null),
    ...rowOf(way, 'first attempt failed', 'servers', valuesOf(samples, 'failedFirst'), null),
  ]);
}

function rowOf(way: string, metric: string, unit: string, samples: readonly number[], baseline: string | null): Row[] {
  return samples.length === 0 ? [] : [{ way, metric, unit, samples, baseline }];
}

function valuesOf(samples: readonly StartSample[], member: keyof StartSample): number[] {
  return samples.flatMap((sample) => sample[member] ?? []);
}

/**
 * Returns one ratio for each round: the time until the last tool is listed, divided by that of the baseline in the same
 * round. In this way, other load on the machine cancels out.
 */
function ratios(samples: readonly StartSample[], baseline: readonly StartSample[]): number[] {
  return samples.flatMap(({ lastToolMs }, round) => {
    const other = baseline[round]?.lastToolMs ?? null;
    return lastToolMs === null || other === null || samples === baseline ? [] : [lastToolMs / other];
  });
}
