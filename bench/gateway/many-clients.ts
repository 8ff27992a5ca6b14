import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { percentile, type Row, type Section } from '../../src/main/cli/bench/report-figures.ts';
import type { ClientKind } from './clients.ts';
import type { ManyClientsJob, ManyClientsSample } from './many-clients-process.ts';
import { startRawConnectors } from './raw-connectors.ts';
import { directOf, startWorld } from './world.ts';

const SCRIPT = fileURLToPath(new URL('./many-clients-process.ts', import.meta.url));

const CLIENTS = 200;
const CONNECTORS = 4;
const TOOLS = 10;

/** Measures 200 clients at the same time, each with its own session, tool list and call. */
export async function measureManyClients(
  rounds: number,
  withPeers: boolean,
  tell: (section: Section) => void,
): Promise<void> {
  for (const client of ['sdk', 'raw'] satisfies ClientKind[]) {
    const samples = new Map<string, ManyClientsSample[]>();
    using world = await startWorld({
      connectors: await startRawConnectors({ count: CONNECTORS, tools: TOOLS }),
      withPeers,
    });
    for (let round = 0; round < rounds; round += 1)
      for (const target of world.targets) {
        // The tool names show whether the target is a gateway. The plain proxy is in front of only one connector.
        const tools = target.tool.startsWith('c0__') ? CONNECTORS * TOOLS : TOOLS;
        const job: ManyClientsJob = { client, target, clients: CLIENTS, tools };
        const sample = await inFreshProcess<ManyClientsSample>(SCRIPT, [JSON.stringify(job)]);
        samples.set(target.way, [...(samples.get(target.way) ?? []), sample]);
      }
    tell(sectionOf(client, samples));
  }
}

function sectionOf(client: ClientKind, samples: ReadonlyMap<string, readonly ManyClientsSample[]>): Section {
  const rows = (metric: string, unit: string, of: (sample: ManyClientsSample) => number, isCompared = true): Row[] =>
    [...samples].map(([way, list]) => ({
      way,
      metric,
      unit,
      samples: list.map(of),
      baseline: isCompared ? directOf(way) : null,
    }));
  const reasons = [...samples].flatMap(([way, list]) => {
    const [first] = list.flatMap(({ failures }) => failures);
    return first === undefined ? [] : [`${way}: ${first}`];
  });
  return {
    title: `${CLIENTS} clients at once, ${client === 'sdk' ? "the SDK's" : 'minimal clients'}`,
    rows: [
      ...rows('answered, p50', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.5)),
      ...rows('answered, p95', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.95)),
      ...rows('all of them', 'ms', ({ elapsedMs }) => elapsedMs),
      ...rows('without a correct response', 'clients', ({ failures }) => failures.length, false),
    ],
    notes: ['From the common start to the response to the call of each', ...reasons],
  };
}
