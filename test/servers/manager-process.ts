/**
 * Brings all servers of a configuration file up at the same time, in a separate process: `node manager-process.ts FILE
 * OUT WANTED MS`. WANTED is the JSON array of the servers that must come up. Once these servers are up and the other
 * servers have failed, or after MS, closes the manager and writes a ManagerOutcome to OUT. After that, only what the
 * manager left open keeps the process alive.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectorProxyManager } from '../../src/main/index.ts';
import type { ManagerOutcome, ServerOutcome } from './manager-outcome.ts';
import type { Definition } from './sdk-listing.ts';
import { within } from './within.ts';

interface Progress {
  attempts: number;
  upAtMs: number | null;
  readonly failures: string[];
}

const [configFile = '', out = '', wantedJson = '[]', limit = '0'] = process.argv.slice(2);
const wanted = JSON.parse(wantedJson) as string[];
const startedMs = performance.now();
const progress = new Map<string, Progress>();
const manager = new ConnectorProxyManager({ configFile });

function progressOf(id: string): Progress {
  const known = progress.get(id) ?? { attempts: 0, upAtMs: null, failures: [] };
  progress.set(id, known);
  return known;
}

manager.on('connector', ({ connectorId, to, why }) => {
  const it = progressOf(connectorId);
  if (it.upAtMs !== null) return;
  if (to === 'connecting') it.attempts = it.failures.length + 1;
  if (to === 'ready' || to === 'degraded') it.upAtMs = performance.now() - startedMs;
  if (to === 'backing-off' || to === 'failed') it.failures.push(why);
});

manager.sync().catch((error: unknown) => process.stderr.write(`sync: ${String(error)}\n`));

function isSettled(): boolean {
  const connectors = manager.status().connectors;
  if (connectors.length === 0) return false;
  return connectors.every(({ id }) => {
    const it = progressOf(id);
    return it.upAtMs !== null || (!wanted.includes(id) && it.failures.length > 0);
  });
}

while (!isSettled() && performance.now() - startedMs < Number(limit)) await sleep(100);
const settledMs = performance.now() - startedMs;

const tools = manager.listTools();
const servers = manager.status().connectors.map(({ id, state, lastError, droppedTools }): [string, ServerOutcome] => {
  const { attempts, upAtMs, failures } = progressOf(id);
  const definitions = tools.filter(({ connectorId }) => connectorId === id).map(({ definition }) => definition);
  return [
    id,
    {
      state,
      attempts,
      upAtMs,
      tools: definitions as readonly Definition[],
      droppedTools,
      lastError: lastError === null ? null : `${lastError.code}: ${lastError.message}`,
      failures,
    },
  ];
});
const outcome = { servers: Object.fromEntries(servers), settledMs, isSettled: isSettled() };
const closeStartedMs = performance.now();
await within('close()', 20_000, manager.close()).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
const closeMs = performance.now() - closeStartedMs;
writeFileSync(out, JSON.stringify({ ...outcome, closeMs } satisfies ManagerOutcome));
