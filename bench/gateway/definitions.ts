import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import type { Section } from '../../src/main/cli/bench/report-figures.ts';
import { listAllTools } from '../../src/main/connectors/bring-up/list-tools.ts';
import { NO_CREDENTIALS } from '../../src/main/connectors/credentials/credentials.ts';
import { createStreamableHttpConnect } from '../../src/main/connectors/streamable-http/streamable-http-connect.ts';
import { examine } from '../../src/main/mcp/definitions/examine.ts';
import { readListItem } from '../../src/main/mcp/definitions/list-item.ts';
import { NEWEST_REVISION, type WireRevision } from '../../src/main/mcp/definitions/wire-revision.ts';
import { TOOLS_ONLY } from '../../src/main/mcp/host-side.ts';
import { isObject } from '../../src/main/mcp/json-rpc.ts';
import { startServing } from '../support/serving-process.ts';

const SCRIPT = fileURLToPath(new URL('./definitions-process.ts', import.meta.url));

const TOOLS = 1_000;
/** How often a list is read in one measurement. The definitions are checked the same number of times. */
const READINGS = 10;
const BLOCKS = 10;
const TIMEOUT_MS = 10_000;
const LIMITS = { maxPages: 64, maxTools: 10_000, timeoutMs: TIMEOUT_MS };
const CHECKS = 'checks';

/** Measures how much time the checks on tool definitions add to reading a list of 1 000 tools. */
export async function measureDefinitions(rounds: number, tell: (section: Section) => void): Promise<void> {
  using serving = await startServing<number>(SCRIPT, [String(TOOLS)]);
  const agent = new Agent();
  const connect = createStreamableHttpConnect({
    dispatcher: agent,
    maxResultBytes: 64 * 1024 * 1024,
    host: TOOLS_ONLY,
  });
  const target = {
    id: 'bench',
    name: 'Bench',
    url: new URL(`http://127.0.0.1:${serving.printed}/mcp`),
    headers: {},
    era: 'legacy',
    transport: 'auto',
  } as const;
  const { signal } = new AbortController();
  const connection = await connect(
    { ...target, credentials: NO_CREDENTIALS, command: null },
    { onLost: () => {}, onToolsChanged: () => {} },
    { signal, timeoutMs: TIMEOUT_MS },
  );
  const text = JSON.stringify((await listAllTools(connection, LIMITS, signal)).tools);
  const samples = { read: [] as number[], taken: [] as number[], legacy: [] as number[], modern: [] as number[] };
  for (let block = 0; block < rounds * BLOCKS + 1; block += 1) {
    const startedMs = performance.now();
    for (let reading = 0; reading < READINGS; reading += 1) await listAllTools(connection, LIMITS, signal);
    const readMs = performance.now() - startedMs;
    const takenMs = timeOf(text, (tool) => readListItem('tool', tool));
    const legacyMs = timeOf(text, view('2025-11-25'));
    const modernMs = timeOf(text, view(NEWEST_REVISION));
    // The first block is not counted, because the code is not compiled yet.
    if (block === 0) continue;
    samples.read.push(readMs / READINGS);
    samples.taken.push((100 * takenMs) / readMs);
    samples.legacy.push((100 * legacyMs) / readMs);
    samples.modern.push((100 * modernMs) / readMs);
  }
  await connection.close();
  await agent.destroy();
  const share = { metric: CHECKS, unit: '% of reading', baseline: null };
  tell({
    title: `Reading ${TOOLS} tools (${Math.round(text.length / 1024)} KiB), and the share of their checks`,
    rows: [
      {
        way: 'reading them over Streamable HTTP',
        metric: 'time',
        unit: 'ms',
        baseline: null,
        samples: samples.read,
      },
      { way: 'checking names and nesting', ...share, samples: samples.taken },
      { way: 'creating views of 2025-11-25, with output schemas', ...share, samples: samples.legacy },
      { way: 'creating views of 2026-07-28, which is also `invalid`', ...share, samples: samples.modern },
    ],
    notes: [
      'The first line includes the second; each share refers to the reads just before it',
      'A view is created once for each tool and revision, when a client of that revision first lists',
    ],
  });
}

function view(revision: WireRevision): (tool: unknown) => void {
  return (tool) => void (isObject(tool) && examine('tool', tool, revision));
}

/** Returns how long `work` takes for all tools of a list. The list is parsed before the measurement. */
function timeOf(text: string, work: (tool: unknown) => void): number {
  let durationMs = 0;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const tools = JSON.parse(text) as unknown[];
    const startedMs = performance.now();
    for (const tool of tools) work(tool);
    durationMs += performance.now() - startedMs;
  }
  return durationMs;
}
