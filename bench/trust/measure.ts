import { generateKeyPairSync } from 'node:crypto';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { createServiceMapSignature, signServiceMap } from '../../src/main/index.ts';
import { canonicalJson } from '../../src/shared/map/canonical-json.ts';
import { readKeySet } from '../../src/shared/signatures/key-set.ts';
import { hmacTrust, type SignatureTrust } from '../../src/shared/signatures/trust.ts';
import { BENCH_KEY, benchMap } from '../support/maps.ts';
import { type LoadCost, LoadThread } from './load-thread.ts';

type Json = Readonly<Record<string, unknown>>;

/** How a map is signed, and who trusts it. The first is what the others are compared with. */
interface Way {
  readonly name: string;
  readonly trust: SignatureTrust;
  readonly sign: (map: Json) => Json;
}

/** How a producer writes its maps: `canonical` as the command `sign` does, `plain` as JSON.stringify does. */
export type Writing = 'canonical' | 'plain';

export interface TrustPlan {
  readonly count: number;
  readonly changed: number;
  readonly rounds: number;
}

const WARM_UP_ROUNDS = 5;

/** Processor time of refreshes and of whole proofs, of the thread and of main, for each way to sign. */
export async function measureTrust(plan: TrustPlan, writing: Writing, tell: (section: Section) => void): Promise<void> {
  const { count, changed, rounds } = plan;
  const write = writing === 'canonical' ? canonicalJson : JSON.stringify;
  const ways = waysToSign();
  const threads = ways.map(({ trust }) => new LoadThread(trust));
  const costs: { refresh: LoadCost[]; whole: LoadCost[] }[] = ways.map(() => ({ refresh: [], whole: [] }));
  const first: Json = JSON.parse(benchMap(count, { enabled: false, endpoint: 'http://127.0.0.1:9' }));
  const { signature: _old, ...payload } = first;
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) {
    const map = changedMap(payload, round, changed);
    for (let turn = 0; turn < ways.length; turn += 1) {
      // Each way is the first of its round as often as the others.
      const index = (turn + round) % ways.length;
      const [way, thread] = [ways[index], threads[index]];
      if (way === undefined || thread === undefined) continue;
      const body = write(way.sign(map));
      const refresh = await thread.refresh(body);
      const whole = await thread.proveWhole(body);
      if (round < WARM_UP_ROUNDS) continue;
      costs[index]?.refresh.push(refresh);
      costs[index]?.whole.push(whole);
    }
  }
  await Promise.all(threads.map((thread) => thread.close()));
  const rows = ways.flatMap(({ name }, index) => rowsOf(name, ways[0]?.name ?? null, costs[index]));
  tell({ title: `${count} entries, ${changed} changed, written ${writing}`, rows });
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
    {
      name: 'Ed25519 alone',
      trust: { ...byHmac, accept: 'signature', hmacKeys: [], keys },
      sign: (map) => signServiceMap(map, { keys: [key] }),
    },
  ];
}

/** The map of a round: `changed` of its entries are others than in the round before. */
function changedMap(map: Json, round: number, changed: number): Json {
  const entries = map.connectors as readonly Json[];
  const stride = Math.max(1, Math.floor(entries.length / changed));
  const connectors = entries.map((entry, index) =>
    index % stride === 0 && index < stride * changed ? { ...entry, version: `1.4.${round}` } : entry,
  );
  return { ...map, generatedAt: new Date().toISOString(), connectors };
}

function rowsOf(
  way: string,
  baseline: string | null,
  costs: { readonly refresh: readonly LoadCost[]; readonly whole: readonly LoadCost[] } | undefined,
): readonly Row[] {
  const { refresh = [], whole = [] } = costs ?? {};
  const row = (metric: string, samples: readonly number[]): Row => ({ way, metric, unit: 'ms', samples, baseline });
  return [
    row(
      'refresh, thread',
      refresh.map(({ threadMs }) => threadMs),
    ),
    row(
      'refresh, main',
      refresh.map(({ mainMs }) => mainMs),
    ),
    row(
      'whole proof, thread',
      whole.map(({ threadMs }) => threadMs),
    ),
    row(
      'whole proof, main',
      whole.map(({ mainMs }) => mainMs),
    ),
  ];
}
