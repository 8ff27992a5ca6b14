import { percentile, type Row, type Section } from '../../src/main/cli/bench/report-figures.ts';
import { CONNECTORS } from './calls.ts';
import type { ClientKind } from './clients.ts';
import type { Block, Blocks } from './load-process.ts';
import { directOf, runLoad, startWorld } from './world.ts';

const IN_FLIGHT = 32;
const BLOCKS = 6;
const PER_BLOCK = 1_000;

/** Measures the rate of calls, with 32 calls running at the same time, and the processor time of each process. */
export async function measureRate(rounds: number, withPeers: boolean, tell: (section: Section) => void): Promise<void> {
  for (const [name, start] of Object.entries(CONNECTORS))
    for (const client of ['sdk', 'raw'] satisfies ClientKind[]) {
      const measured: Blocks[] = [];
      for (let round = 0; round < rounds; round += 1) {
        using world = await startWorld({ connectors: await start(), withPeers });
        const load = { what: 'call', inFlight: IN_FLIGHT, blocks: BLOCKS, perBlock: PER_BLOCK } as const;
        measured.push(await runLoad(world, { client, ...load }));
      }
      tell({
        title: `Calls with ${IN_FLIGHT} in flight, ${name}, ${client === 'sdk' ? "the SDK's client" : 'a minimal client'}`,
        rows: rateRows(measured),
        notes: [`${PER_BLOCK} calls a turn, ${BLOCKS} turns a round; CPU of the whole process, all threads`],
      });
    }
}

function rateRows(rounds: readonly Blocks[]): Row[] {
  const ways = Object.keys(rounds[0] ?? {});
  const rows = (metric: string, unit: string, of: (block: Block) => number | null): Row[] =>
    ways.flatMap((way) => {
      const samples = rounds.flatMap((blocks) => (blocks[way] ?? []).flatMap((block) => of(block) ?? []));
      return samples.length === 0 ? [] : [{ way, metric, unit, samples, baseline: directOf(way) }];
    });
  const perThousand = (cpuMs: number | null): number | null => (cpuMs === null ? null : (cpuMs * 1_000) / PER_BLOCK);
  const shares = ways
    .filter((way) => way !== directOf(way))
    .map((way): Row => {
      const share = ({ elapsedMs }: Block, direct: Block | undefined): number => (direct?.elapsedMs ?? NaN) / elapsedMs;
      const samples = rounds.flatMap((blocks) =>
        (blocks[way] ?? []).map((block, index) => share(block, blocks[directOf(way)]?.[index])),
      );
      return { way, metric: 'of the adjacent direct turn', unit: '×', samples, baseline: null };
    });
  return [
    ...shares,
    ...rows('rate', 'calls/s', ({ elapsedMs }) => (PER_BLOCK * 1_000) / elapsedMs),
    ...rows('p95', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.95)),
    ...rows('CPU of the gateway, 1 000 calls', 'ms', ({ gatewayCpuMs }) => perThousand(gatewayCpuMs)),
    ...rows('CPU of the client, 1 000 calls', 'ms', ({ clientCpuMs }) => perThousand(clientCpuMs)),
    ...rows('CPU of the connector, 1 000 calls', 'ms', ({ connectorsCpuMs }) => perThousand(connectorsCpuMs)),
  ];
}
