import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import type { Fixture } from '../support/fixture.ts';
import { latencyRows } from './calls.ts';
import { openClient } from './clients.ts';
import { firstList } from './first-list.ts';
import { type RunningGateway, type StartGateway, startMcpHub, startSwitchyard } from './gateways.ts';
import type { Blocks } from './load-process.ts';
import { startRawConnectors } from './raw-connectors.ts';
import type { Target } from './target.ts';
import { mcpHubTarget, runLoad, switchyardTargets } from './world.ts';

const FINE = 7;
const TOOLS = 10;
/** Number of calls to the hanging connector that are in progress while the other connectors are measured. */
const STUCK_CALLS = 16;
const CAP_MS = 30_000;
const LOADS = {
  calls: { what: 'call', inFlight: 1, blocks: 10, perBlock: 150 },
  lists: { what: 'list', inFlight: 1, blocks: 10, perBlock: 50 },
} as const;

const CASES = ['none hangs', 'one hangs at its handshake', 'one never answers a call'] as const;
type Case = (typeof CASES)[number];

/**
 * Starts eight connectors, one of which hangs. Measures how that affects the others: calls to their tools, lists of
 * their tools, and the time until the first list.
 */
export async function measureHang(rounds: number, withPeers: boolean, tell: (section: Section) => void): Promise<void> {
  const first = new Map<string, number[]>();
  const measured = { calls: [] as Blocks[], lists: [] as Blocks[] };
  for (let round = 0; round < rounds; round += 1) {
    using stack = new DisposableStack();
    const world = await startCases(stack, withPeers, (way, ms) => first.set(way, [...(first.get(way) ?? []), ms]));
    for (const [what, load] of Object.entries(LOADS))
      measured[what as keyof typeof LOADS].push(await runLoad(world, { client: 'raw', ...load }));
  }
  for (const [what, blocks] of Object.entries(measured))
    tell({
      title: `One of ${FINE + 1} connectors hangs: ${what} of the others`,
      rows: againstNone(latencyRows(blocks)),
      notes: [`${STUCK_CALLS} calls wait for the connector that never answers a call; a minimal client`],
    });
  tell({
    title: `One of ${FINE + 1} connectors hangs: the first list`,
    rows: againstNone(
      [...first].map(([way, samples]) => ({
        ...{ way, metric: 'tools of the others', unit: 'ms', samples },
        baseline: null,
      })),
    ),
    notes: [`From the start until the tools of the others are listed; ${CAP_MS} means no list within that time`],
  });
}

async function startCases(
  stack: DisposableStack,
  withPeers: boolean,
  onFirst: (way: string, ms: number) => void,
): Promise<{ readonly connectors: Fixture; readonly targets: readonly Target[] }> {
  const connectors = stack.use(await startRawConnectors({ count: FINE, tools: TOOLS }));
  const hanging = {
    'none hangs': stack.use(await startRawConnectors({ count: 1, tools: TOOLS })),
    'one hangs at its handshake': stack.use(await startRawConnectors({ count: 1, tools: TOOLS, hangsAt: 'handshake' })),
    'one never answers a call': stack.use(await startRawConnectors({ count: 1, tools: TOOLS, hangsAt: 'call' })),
  } satisfies Record<Case, Fixture>;
  const targets: Target[] = [];
  const add = async (
    name: string,
    which: Case,
    start: StartGateway,
    targetOf: (gateway: RunningGateway) => Target,
  ): Promise<void> => {
    const startedMs = performance.now();
    const gateway = stack.use(await start([...connectors.urls, ...hanging[which].urls], { isAwaited: false }));
    const target = { ...targetOf(gateway), way: `${name}, ${which}` };
    const listedAtMs = await firstList(target, FINE * TOOLS, CAP_MS);
    onFirst(target.way, (listedAtMs ?? startedMs + CAP_MS) - startedMs);
    if (listedAtMs === null) return;
    targets.push(target);
    if (which === 'one never answers a call') await leaveWaiting(target);
  };
  for (const which of CASES) {
    await add('switchyard', which, startSwitchyard, (gateway) => switchyardTargets(gateway)[0]);
    if (withPeers) await add('mcp-hub', which, startMcpHub, mcpHubTarget);
  }
  return { connectors, targets };
}

async function leaveWaiting(target: Target): Promise<void> {
  const client = await openClient('raw', target);
  for (let call = 0; call < STUCK_CALLS; call += 1)
    client.call(`c${FINE}__tool_0`, { query: '' }).catch(() => {
      // The call is never answered. It fails when the gateway ends.
    });
}

/** Sets the baseline of each row to the same gateway in front of connectors that do not hang. */
function againstNone(rows: readonly Row[]): Row[] {
  return rows
    .filter(({ metric }) => !metric.startsWith('added'))
    .map((row) => ({ ...row, baseline: `${row.way.split(',', 1)[0]}, none hangs` }));
}
