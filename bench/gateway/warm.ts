import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { endWithUs } from '../support/serving-process.ts';
import { distBin } from './dist.ts';
import { firstList } from './first-list.ts';
import { freePort, homeIn, MCP_HUB, writeConfig } from './gateways.ts';
import { startRawConnectors } from './raw-connectors.ts';
import type { Target } from './target.ts';

const SOURCE = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));
const DIRECT = fileURLToPath(new URL('./direct-start-process.ts', import.meta.url));

const CONNECTORS = 10;
const TOOLS = 50;
const ALL = CONNECTORS * TOOLS;
const HANDSHAKE_MS = 150;
const CAP_MS = 20_000;

/**
 * How a program starts: its arguments for Node.js, and the target whose tools are listed. The target is null if the
 * program lists the tools itself and exits.
 */
interface Start {
  readonly way: string;
  readonly args: readonly string[];
  readonly target: Target | null;
}

/**
 * Measures the time from the start of a process to the first `tools/list` with all 500 tools. An earlier run has filled
 * the state folder.
 */
export async function measureWarmStarts(
  rounds: number,
  withPeers: boolean,
  tell: (section: Section) => void,
): Promise<void> {
  const bin = distBin();
  using connectors = await startRawConnectors({ count: CONNECTORS, tools: TOOLS, handshakeMs: HANDSHAKE_MS });
  const folder = writeConfig(connectors.urls);
  const config = join(folder, 'mcp.json');
  const port = await freePort();
  const serve = (way: string, script: string, ...further: string[]): Start => ({
    way,
    args: [script, 'serve', '--config', config, '--port', String(port), ...further],
    target: { way, url: `http://127.0.0.1:${port}/mcp`, speaks: 'modern', tool: '', pid: null },
  });
  const warm = ['--state-dir', join(folder, 'state')];
  const starts: Start[] = [
    { way: 'node alone', args: ['-e', ''], target: null },
    { way: 'direct', args: [DIRECT, JSON.stringify(connectors.urls)], target: null },
    serve('switchyard, warm', bin, ...warm),
    serve('switchyard, warm, from source', SOURCE, ...warm),
    serve('switchyard, cold', bin),
  ];
  if (withPeers) {
    const target: Target = { way: '', url: `http://127.0.0.1:${port}/mcp`, speaks: 'sse', tool: '', pid: null };
    starts.push({ way: 'mcp-hub', args: [MCP_HUB, '--port', String(port), '--config', config], target });
  }
  const samples = new Map<string, number[]>();
  // The first start of each program is not counted, because it fills the state folder and the caches of the system.
  for (let round = 0; round <= rounds; round += 1)
    for (const start of starts) {
      const elapsedMs = await measure(start, folder);
      if (round > 0) samples.set(start.way, [...(samples.get(start.way) ?? []), elapsedMs]);
    }
  rmSync(folder, { recursive: true, force: true });
  const rows = [...samples].map(
    ([way, list]): Row => ({
      ...{ way, metric: 'first list', unit: 'ms', samples: list, baseline: 'direct' },
    }),
  );
  tell({
    title: `From spawn to the first tools/list of ${CONNECTORS} × ${TOOLS} tools, handshakes of ${HANDSHAKE_MS} ms`,
    rows,
    notes: [
      'Direct: a process that connects to each connector with the SDK and lists, until it ends; switchyard: the published package, or from source',
    ],
  });
}

async function measure({ way, args, target }: Start, folder: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore', env: homeIn(folder) });
  endWithUs(child);
  const ended = once(child, 'close');
  const listedMs = target === null ? ended.then(() => performance.now()) : firstList(target, ALL, CAP_MS);
  const atMs = await listedMs;
  if (atMs === null) throw new Error(`${way} did not list ${ALL} tools within ${CAP_MS} ms`);
  if (target !== null) await end(child, ended);
  return atMs - startedMs;
}

/** Ends the process with a signal, and waits until it has stored its state. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 2_000);
  await ended;
  clearTimeout(patience);
}
