/** How much does a call cost? Compares the gateway with a plain byte proxy, and the library with the official SDK. */
import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { percentile, type Row, type Section } from '../../src/main/cli/bench/report-figures.ts';
import type { Block, Blocks } from '../gateway/load-process.ts';
import { startRawConnectors } from '../gateway/raw-connectors.ts';
import { runLoad, startWorld } from '../gateway/world.ts';
import type { LibraryTurns } from './library-calls-process.ts';

const LIBRARY_SCRIPT = fileURLToPath(new URL('./library-calls-process.ts', import.meta.url));

const PROXY = 'plain proxy, modern';
const IN_FLIGHT = 32;
const TURNS = 8;
/**
 * Number of calls in each turn. The kernel counts processor time in steps of 10 ms, and with fewer calls these steps
 * would distort the figures.
 */
const CALLS_PER_TURN = 5_000;

/** Baseline for calls with the library: the official client that is faster on most machines. */
const SDK = 'SDK 2.x, direct';

/** Measures calls through the gateway and calls with the library, `rounds` times each. */
export async function measureStartupCalls(rounds: number, tell: (section: Section) => void): Promise<void> {
  const gateway: Blocks[] = [];
  const library: LibraryTurns[] = [];
  for (let round = 0; round < rounds; round += 1) {
    gateway.push(await measureGateway());
    library.push(await measureLibrary());
  }
  tell({
    title: `Gateway: calls with ${IN_FLIGHT} in flight, compared with a plain byte proxy`,
    rows: gatewayRows(gateway),
    notes: [
      `${CALLS_PER_TURN} calls a turn, ${TURNS} turns a round; the ways alternate, and a share compares a turn with the proxy's turn before it`,
      'CPU of the whole process between client and connector, user and system, all threads',
    ],
  });
  tell({
    title: 'Library: calls one at a time',
    rows: libraryRows(library),
    notes: ['All clients in one process, in turns; a minimal server of both protocol generations'],
  });
}

async function measureGateway(): Promise<Blocks> {
  const connectors = await startRawConnectors({ count: 1, tools: 1 });
  using world = await startWorld({ connectors, withPeers: false });
  const load = { what: 'call', inFlight: IN_FLIGHT, blocks: TURNS, perBlock: CALLS_PER_TURN } as const;
  return await runLoad(world, { client: 'raw', ...load });
}

async function measureLibrary(): Promise<LibraryTurns> {
  using connectors = await startRawConnectors({ count: 1, tools: 1 });
  return await inFreshProcess<LibraryTurns>(LIBRARY_SCRIPT, [connectors.urls[0] ?? '']);
}

function gatewayRows(rounds: readonly Blocks[]): Row[] {
  const ways = Object.keys(rounds[0] ?? {});
  const rows = (metric: string, unit: string, of: (block: Block) => number | null): Row[] =>
    ways.flatMap((way) => {
      const samples = rounds.flatMap((blocks) => (blocks[way] ?? []).flatMap((block) => of(block) ?? []));
      return samples.length === 0 ? [] : [{ way, metric, unit, samples, baseline: PROXY }];
    });
  /**
   * Divides the figure of each turn by the figure of the proxy's turn next to it, so that other load on the machine
   * cancels out.
   */
  const shares = (metric: string, of: (block: Block, proxy: Block) => number): Row[] =>
    ways
      .filter((way) => way.startsWith('switchyard'))
      .map((way) => {
        const samples = rounds.flatMap((blocks) =>
          (blocks[way] ?? []).flatMap((block, turn) => {
            const proxy = blocks[PROXY]?.[turn];
            const share = proxy === undefined ? Number.NaN : of(block, proxy);
            return Number.isFinite(share) ? [share] : [];
          }),
        );
        return { way, metric, unit: '×', samples, baseline: null };
      });
  return [
    ...shares("CPU, of the proxy's", ({ gatewayCpuMs }, proxy) => (gatewayCpuMs ?? NaN) / (proxy.gatewayCpuMs ?? NaN)),
    ...shares("rate, of the proxy's", ({ elapsedMs }, proxy) => proxy.elapsedMs / elapsedMs),
    ...rows('CPU, 1 000 calls', 'ms', ({ gatewayCpuMs }) =>
      gatewayCpuMs === null ? null : (gatewayCpuMs * 1_000) / CALLS_PER_TURN,
    ),
    ...rows('rate', 'calls/s', ({ elapsedMs }) => (CALLS_PER_TURN * 1_000) / elapsedMs),
    ...rows('p50', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.5)),
    ...rows('p99', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.99)),
  ];
}

function libraryRows(rounds: readonly LibraryTurns[]): Row[] {
  const ways = Object.keys(rounds[0] ?? {});
  return [0.5, 0.99].flatMap((share) =>
    ways.map((way) => ({
      ...{ way, metric: `p${share * 100}`, unit: 'ms', baseline: SDK },
      samples: rounds.flatMap((turns) => (turns[way] ?? []).map((latenciesMs) => percentile(latenciesMs, share))),
    })),
  );
}
