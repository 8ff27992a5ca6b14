/**
 * A client that makes calls or lists tools through several gateways in turns, in a separate process: `node
 * load-process.ts JOB`, where JOB is JSON. Prints the blocks of each target.
 */
import { cpuMsOf } from '../support/process-figures.ts';
import { type ClientKind, openClient } from './clients.ts';
import type { BenchClient, Target } from './target.ts';

export interface LoadJob {
  readonly client: ClientKind;
  readonly targets: readonly Target[];
  readonly what: 'call' | 'list';
  readonly inFlight: number;
  /**
   * Number of blocks for each target. The targets alternate, so that other load on the machine affects all of them
   * equally.
   */
  readonly blocks: number;
  readonly perBlock: number;
  /** Id of the process in which the connectors run. */
  readonly connectorsPid: number;
}

/**
 * Measurements of one block of calls to one target. The processor time of the gateway is null if there is no gateway or
 * the system does not report it.
 */
export interface Block {
  readonly latenciesMs: readonly number[];
  readonly elapsedMs: number;
  readonly gatewayCpuMs: number | null;
  readonly connectorsCpuMs: number | null;
  readonly clientCpuMs: number;
}

export type Blocks = Readonly<Record<string, readonly Block[]>>;

/** Number of calls before the measurement. After these, V8 has compiled all hot code, also in the gateways. */
const WARM_UP = 2_000;
const WARM_UP_LISTS = 20;
const ARGUMENTS = { query: 'railway' };

const {
  client: kind,
  targets,
  what,
  inFlight,
  blocks,
  perBlock,
  connectorsPid,
} = JSON.parse(process.argv[2] ?? '{}') as LoadJob;

async function load(work: () => Promise<unknown>, count: number): Promise<number[]> {
  const latenciesMs: number[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const startedMs = performance.now();
      await work();
      latenciesMs.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return latenciesMs;
}

function workOf(client: BenchClient, { tool }: Target): () => Promise<unknown> {
  return what === 'list' ? () => client.list() : () => client.call(tool, ARGUMENTS);
}

async function measure(work: () => Promise<unknown>, { pid }: Target): Promise<Block> {
  const gateway = pid === null ? null : cpuMsOf(pid);
  const connectors = cpuMsOf(connectorsPid);
  const own = process.cpuUsage();
  const startedMs = performance.now();
  const latenciesMs = await load(work, perBlock);
  const elapsedMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(own);
  const since = (before: number | null, of: number | null): number | null =>
    before === null || of === null ? null : (cpuMsOf(of) ?? before) - before;
  return {
    ...{ latenciesMs, elapsedMs, clientCpuMs: (user + system) / 1_000 },
    gatewayCpuMs: since(gateway, pid),
    connectorsCpuMs: since(connectors, connectorsPid),
  };
}

const works: (readonly [Target, () => Promise<unknown>])[] = [];
for (const target of targets) works.push([target, workOf(await openClient(kind, target), target)]);
for (const [, work] of works) await load(work, what === 'list' ? WARM_UP_LISTS : WARM_UP);
const measured = targets.map(({ way }): readonly [string, Block[]] => [way, []]);
for (let block = 0; block < blocks; block += 1)
  for (const [index, [target, work]] of works.entries()) measured[index]?.[1].push(await measure(work, target));
process.stdout.write(JSON.stringify(Object.fromEntries(measured) satisfies Blocks), () => process.exit());
