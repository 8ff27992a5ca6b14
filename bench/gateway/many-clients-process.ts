/**
 * Many clients at the same time, in a separate process: `node many-clients-process.ts JOB`, where JOB is JSON. Prints a
 * ManyClientsSample.
 */
import { type ClientKind, openClient } from './clients.ts';
import type { Target } from './target.ts';

export interface ManyClientsJob {
  readonly client: ClientKind;
  readonly target: Target;
  readonly clients: number;
  readonly tools: number;
}

export interface ManyClientsSample {
  /** For each client, the time until it had a session, a tool list and the response to a call. */
  readonly latenciesMs: readonly number[];
  readonly elapsedMs: number;
  /** For each client without correct responses, the reason. */
  readonly failures: readonly string[];
}

const { client: kind, target, clients, tools } = JSON.parse(process.argv[2] ?? '{}') as ManyClientsJob;

/** Runs one client. Rejects if a response is not the expected one. */
async function useOnce(index: number): Promise<void> {
  const client = await openClient(kind, target);
  const listed = await client.list();
  if (listed !== tools) throw new Error(`the list has ${listed} tools instead of ${tools}`);
  const query = `client ${index}`;
  const answer = JSON.stringify(await client.call(target.tool, { query }));
  if (!answer.includes(JSON.stringify(query))) throw new Error(`the call returned ${answer.slice(0, 200)}`);
  // The client does not end its session, because real clients do not either.
}

// Runs one client before the measurement, so that V8 has compiled the hot code.
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
