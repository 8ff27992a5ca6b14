import { generateKeyPairSync } from 'node:crypto';
import { percentile, type Row, type Section } from '../../src/main/cli/bench/report-figures.ts';
import { createServiceMapSignature, signServiceMap } from '../../src/main/index.ts';
import { canonicalJson } from '../../src/shared/map/canonical-json.ts';
import { readKeySet } from '../../src/shared/signatures/key-set.ts';
import { hmacTrust, type SignatureTrust } from '../../src/shared/signatures/trust.ts';
import { BENCH_KEY, benchMap } from '../support/maps.ts';
import { type LoadCost, LoadThread } from './load-thread.ts';

type Json = Readonly<Record<string, unknown>>;

/** A way to sign a map, with the trust settings that accept such a map. The first way in a list is the baseline. */
interface Way {
  readonly name: string;
  readonly trust: SignatureTrust;
  readonly sign: (map: Json) => Json;
}

/** How maps are written: `canonical`, as the command `sign` writes them, or `plain`, as JSON.stringify does. */
export type Writing = 'canonical' | 'plain';

export interface TrustPlan {
  readonly count: number;
  readonly changed: number;
  readonly pairs: number;
}

const WARM_UP_PAIRS = 3;

/**
 * Number of refreshes whose mean is one sample, because the system counts processor time in steps of some milliseconds.
 */
const REFRESHES = 4;

/** Processor times of one way to sign, with one value for each pair. */
interface Costs {
  readonly refresh: LoadCost[];
  readonly whole: LoadCost[];
}

/**
 * Measures the processor time of refreshes and of full verifications, on the worker and on the main thread, for each
 * way to sign a map.
 */
export async function measureTrust(
  { count, changed, pairs }: TrustPlan,
  writing: Writing,
  tell: (section: Section) => void,
): Promise<void> {
  const write = writing === 'canonical' ? canonicalJson : JSON.stringify;
  const ways = waysToSign();
  const maps = mapsInTurn(count, changed);
  const runs = ways.map(({ name, trust, sign }) => ({
    name,
    thread: new LoadThread(trust),
    bodies: maps.map((map) => write(sign(map))),
    costs: { refresh: [], whole: [] } as Costs,
  }));
  for (const { thread, bodies } of runs) await thread.proveWhole(bodies[0] ?? '');
  for (let pair = 0; pair < WARM_UP_PAIRS + pairs; pair += 1) {
    const refreshes: LoadCost[][] = runs.map(() => []);
    for (let turn = 0; turn < REFRESHES; turn += 1)
      for (const index of inTurn(runs, pair + turn)) {
        const run = runs[index];
        const body = run?.bodies[(turn + 1) % maps.length] ?? '';
        if (run !== undefined) refreshes[index]?.push(await run.thread.refresh(body));
      }
    for (const index of inTurn(runs, pair)) {
      const run = runs[index];
      const whole = await run?.thread.proveWhole(run.bodies[0] ?? '');
      if (pair < WARM_UP_PAIRS || run === undefined || whole === undefined) continue;
      run.costs.refresh.push(meanOf(refreshes[index] ?? []));
      run.costs.whole.push(whole);
    }
  }
  await Promise.all(runs.map(({ thread }) => thread.close()));
  const baseline = runs[0];
  if (baseline === undefined) return;
  tell({
    title: `${count} entries, ${changed} changed, written ${writing}`,
    rows: runs.flatMap(({ name, costs }) => rowsOf(name, baseline.name, costs)),
    notes: runs.slice(1).flatMap(({ name, costs }) => notesOf(name, costs, baseline.costs)),
  });
}

/**
 * Returns the indexes of all ways to sign. The order changes with each turn, so that each way is the first equally
 * often.
 */
function inTurn(ways: readonly unknown[], turn: number): readonly number[] {
  const forth = [...ways.keys()];
  return turn % 2 === 0 ? forth : forth.toReversed();
}

function meanOf(costs: readonly LoadCost[]): LoadCost {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { threadMs: mean(costs.map((it) => it.threadMs)), mainMs: mean(costs.map((it) => it.mainMs)) };
}

/** Creates two maps that are loaded alternately. They differ in `changed` entries. */
function mapsInTurn(count: number, changed: number): readonly Json[] {
  const { signature: _old, ...map } = JSON.parse(benchMap(count, { enabled: false, endpoint: 'http://127.0.0.1:9' }));
  const stride = Math.max(1, Math.floor(count / changed));
  return ['1.4.2', '1.4.3'].map((version) => {
    const isChanged = (index: number): boolean => index % stride === 0 && index < stride * changed;
    const entries = (map.connectors as readonly Json[]).map((entry, index) =>
      isChanged(index) ? { ...entry, version } : entry,
    );
    return { ...map, connectors: entries };
  });
}

function waysToSign(): readonly Way[] {
  const key = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'bench' };
  const { d: _d, ...jwk } = key;
  const keys = readKeySet({ keys: [jwk] });
  const byHmac = hmacTrust(BENCH_KEY);
  return [
    {
      name: 'HMAC alone',
      trust: byHmac,
      sign: (map) => ({ ...map, signature: createServiceMapSignature(map, BENCH_KEY) }),
    },
    {
      name: 'both signatures',
      trust: { ...byHmac, accept: 'both', keys },
      sign: (map) => signServiceMap(map, { keys: [key], hmacKey: BENCH_KEY }),
    },
  ];
}

function rowsOf(way: string, baseline: string, { refresh, whole }: Costs): readonly Row[] {
  const row = (metric: string, samples: readonly number[]): Row => ({ way, metric, unit: 'ms', samples, baseline });
  return [
    row('refresh, thread', refresh.map(threadMsOf)),
    row('refresh, main thread', refresh.map(mainMsOf)),
    row('full verification, thread', whole.map(threadMsOf)),
    row('full verification, main thread', whole.map(mainMsOf)),
  ];
}

/**
 * Returns notes with the ratio to the baseline within each pair. Other load on the machine affects this ratio less than
 * the ratio of two medians.
 */
function notesOf(way: string, costs: Costs, baseline: Costs): readonly string[] {
  return (['refresh', 'whole'] as const).flatMap((kind) =>
    [threadMsOf, mainMsOf].map((msOf, index) => {
      const ratios = costs[kind].map((cost, pair) => msOf(cost) / msOf(baseline[kind][pair] ?? cost));
      const [median, least, most] = [percentile(ratios, 0.5), Math.min(...ratios), Math.max(...ratios)];
      const range = `${median.toFixed(3)} (${least.toFixed(2)}–${most.toFixed(2)})`;
      return `${way}, ${kind}, ${index === 0 ? 'thread' : 'main thread'}: ${range} times the HMAC alone, pair by pair`;
    }),
  );
}

const threadMsOf = ({ threadMs }: LoadCost): number => threadMs;
const mainMsOf = ({ mainMs }: LoadCost): number => mainMs;
