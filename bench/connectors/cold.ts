import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { startFixture } from '../support/fixture.ts';
import { serveMapOf } from '../support/fixture-map.ts';
import type { ColdProcessJob, ColdSample } from './cold-process.ts';
import { PEER_WAYS } from './peers.ts';

const SCRIPT = fileURLToPath(new URL('./cold-process.ts', import.meta.url));

interface Scenario {
  readonly name: string;
  readonly count: number;
  readonly tools: number;
  readonly handshakeMs: readonly [min: number, max: number];
  readonly hanging: number;
  readonly isSequentialToo: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: '16 × 20 tools, handshakes 150–300 ms',
    count: 16,
    tools: 20,
    handshakeMs: [150, 300],
    hanging: 0,
    isSequentialToo: true,
  },
  {
    name: '16 × 20 tools, one of them hangs',
    count: 16,
    tools: 20,
    handshakeMs: [150, 300],
    hanging: 1,
    isSequentialToo: false,
  },
  {
    name: '64 × 20 tools, handshakes 150–300 ms',
    count: 64,
    tools: 20,
    handshakeMs: [150, 300],
    hanging: 0,
    isSequentialToo: false,
  },
  { name: '64 × 50 tools, no latency', count: 64, tools: 50, handshakeMs: [0, 0], hanging: 0, isSequentialToo: false },
];

/** Number of rounds for peers. It is small, because each peer takes seconds if one server hangs. */
const PEER_ROUNDS = 3;

export interface ColdOptions {
  readonly rounds: number;
  readonly withPeers: boolean;
}

/**
 * Measures cold starts. Each start runs in a new process, and the ways alternate. The manager first reads the addresses
 * from a signed map, and the other ways get the addresses directly.
 */
export async function measureColdStarts(options: ColdOptions, tell: (section: Section) => void): Promise<void> {
  for (const scenario of SCENARIOS) tell(await measure(scenario, options));
}

async function measure(scenario: Scenario, { rounds, withPeers }: ColdOptions): Promise<Section> {
  const { name, count, tools, handshakeMs, hanging, isSequentialToo } = scenario;
  using fixture = await startFixture({ count, tools, handshakeMs, hanging });
  using map = await serveMapOf(fixture.urls);
  const connectors = count - hanging;
  const job: ColdProcessJob = {
    mapUrl: map.url,
    urls: fixture.urls,
    tools: connectors * tools,
    connectors,
    isCalledToo: hanging > 0,
  };
  const samples = new Map<string, ColdSample[]>();
  const notes = new Set<string>();
  const run = async (way: string): Promise<void> => {
    try {
      const sample = await inFreshProcess<ColdSample>(SCRIPT, [way, JSON.stringify(job)]);
      samples.set(way, [...(samples.get(way) ?? []), sample]);
    } catch (error) {
      // A peer may fail, but a failure of the manager or the SDK ends the benchmark.
      if (!(way in PEER_WAYS)) throw error;
      notes.add(`${way} failed: ${String(error).slice(-300)}`);
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ['sdk', 'manager']) await run(way);
    if (isSequentialToo) await run('sequential');
    if (withPeers && round < PEER_ROUNDS) for (const way of Object.keys(PEER_WAYS)) await run(way);
  }
  return {
    title: `Cold start, ${name}`,
    rows: [...samples].flatMap(([way, list]) => rowsOf(way, list)),
    notes: [...notes],
  };
}

function rowsOf(way: string, samples: readonly ColdSample[]): Row[] {
  const row = (metric: string, of: (sample: ColdSample) => number | null): Row[] => {
    const values = samples.flatMap((sample) => of(sample) ?? []);
    return values.length === 0 ? [] : [{ way, metric, unit: 'ms', samples: values, baseline: 'sdk' }];
  };
  return [
    ...row('all tools listed', ({ toolsMs }) => toolsMs),
    ...row('and one of each called', ({ calledMs }) => calledMs),
    ...row('longest stall of the main thread', ({ stallMs }) => stallMs),
  ];
}
