/** Many clients at once, in their own process: `node many-clients-process.ts JOB`, JSON. Prints a ManyClientsSample. */
import { type ClientKind, openClient } from './clients.ts';
import type { Target } from './target.ts';

export interface ManyClientsJob {
  readonly client: ClientKind;
  readonly target: Target;
  readonly clients: number;
  readonly tools: number;
}

export interface ManyClientsSample {
  /** Time of each client until it has its session, its list and its call. */
  readonly latenciesMs: readonly number[];
  readonly elapsedMs: number;
  /** Reasons of clients without a correct response. */
  readonly failures: readonly string[];
}

const { client: kind, target, clients, tools } = JSON.parse(process.argv[2] ?? '{}') as ManyClientsJob;

/** Runs one client. Rejects if any response does not match the client's request. */
async function useOnce(index: number): Promise<void> {
  const client = await openClient(kind, target);
  const listed = await client.list();
  if (listed !== tools) throw new Error(`${listed} tools, not ${tools}`);
  const query = `client ${index}`;
  const answer = JSON.stringify(await client.call(target.tool, { query }));
  if (!answer.includes(JSON.stringify(query))) throw new Error(`answered ${answer.slice(0, 200)}`);
  // The session stays open, as real clients leave theirs.
}

// Compiles the engine's hot code first, as in real processes of a gateway's clients.
await useOnce(-1);
const latenciesMs: number[] = [];
const failures: string[] = [];
const startedMs = performance.now();
await Promise.all(
  Array.from({ length: clients }, (_, index) =>
    useOnce(index).then(
      () => void latenciesMs.push(performance.now() - startedMs),
      (error: unknown) => void failures.push(String(error)),
    ),
  ),
);
const sample: ManyClientsSample = { latenciesMs, elapsedMs: performance.now() - startedMs, failures };
process.stdout.write(JSON.stringify(sample), () => process.exit());
