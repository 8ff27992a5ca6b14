import { percentile, type Row, type Section } from '../../src/main/cli/bench/report-figures.ts';
import { type Fixture, startFixture } from '../support/fixture.ts';
import type { ClientKind } from './clients.ts';
import type { Blocks } from './load-process.ts';
import { startRawConnectors } from './raw-connectors.ts';
import { directOf, runLoad, startWorld } from './world.ts';

/** The connectors that answer the calls: either minimal servers, or servers of the official SDK. */
export const CONNECTORS: Readonly<Record<string, () => Promise<Fixture>>> = {
  'bare connector': () => startRawConnectors({ count: 1, tools: 1 }),
  'connector of the SDK': () => startFixture({ count: 1, tools: 1 }),
};

const BLOCKS = 10;
const PER_BLOCK = 150;

/**
 * Measures calls that a client of the SDK makes one after the other: how long each call takes, and how much of that
 * time the gateway adds.
 */
export async function measureCalls(
  rounds: number,
  withPeers: boolean,
  tell: (section: Section) => void,
): Promise<void> {
  for (const [name, start] of Object.entries(CONNECTORS))
    for (const client of ['sdk', 'raw'] satisfies ClientKind[]) {
      const measured: Blocks[] = [];
      for (let round = 0; round < rounds; round += 1) {
        using world = await startWorld({ connectors: await start(), withPeers });
        measured.push(await runLoad(world, { client, what: 'call', inFlight: 1, blocks: BLOCKS, perBlock: PER_BLOCK }));
      }
      tell({
        title: `Calls one at a time, ${name}, ${client === 'sdk' ? "the SDK's client" : 'a minimal client'}`,
        rows: latencyRows(measured),
        notes: [
          `${PER_BLOCK} calls a turn, ${BLOCKS} turns a round; p50, p95 and p99 are per round; added: p50 of a turn minus p50 of the adjacent direct turn`,
        ],
      });
    }
}

/** Returns the latency percentiles of each round, and the time that a gateway adds in each turn. */
export function latencyRows(rounds: readonly Blocks[]): Row[] {
  const ways = Object.keys(rounds[0] ?? {});
  const row = (way: string, metric: string, samples: readonly number[], baseline: string | null): Row => ({
    ...{ way, metric, unit: 'ms', samples, baseline },
  });
  const at = (way: string, share: number): number[] =>
    rounds.map((blocks) => percentile(blocks[way]?.flatMap(({ latenciesMs }) => latenciesMs) ?? [], share));
  const added = (way: string): number[] =>
    rounds.flatMap((blocks) =>
      (blocks[way] ?? []).map(
        ({ latenciesMs }, index) =>
          percentile(latenciesMs, 0.5) - percentile(blocks[directOf(way)]?.[index]?.latenciesMs ?? [], 0.5),
      ),
    );
  return [
    ...[0.5, 0.95, 0.99].flatMap((share) =>
      ways.map((way) => row(way, `p${share * 100}`, at(way, share), directOf(way))),
    ),
    ...ways.filter((way) => way !== directOf(way)).map((way) => row(way, 'added at p50', added(way), null)),
  ];
}
