import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { distBin } from '../gateway/dist.ts';
import { startRawConnectors } from '../gateway/raw-connectors.ts';

const TODAY = 'switchyard, first answers off';
const NODE = 'node -e 0';

/** Number of connectors of each kind (stdio and HTTP), and number of tools per connector. */
const EACH = 2;
const TOOLS = 5;

/** Arguments and environment for a process of Node.js. */
interface Way {
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

type Ways = Readonly<Record<string, Way>>;

/**
 * Measures the time from the start of a stdio server to its response to `tools/list`. A gateway that remembers 20 tools
 * of two stdio and two HTTP connectors is compared with servers that have such tools themselves. Then compares commands
 * that print help, the version or completions with an empty Node.js process.
 */
export async function measureFirstList(rounds: number, tell: (section: Section) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-first-list-'));
  try {
    using http = await startRawConnectors({ count: EACH, tools: TOOLS });
    const servers = serversIn(folder);
    const stdio = Array.from({ length: EACH }, (_, index) => [
      `program${index}`,
      { command: process.execPath, args: [servers.plain, String(TOOLS)] },
    ]);
    const remote = http.urls.map((url, index) => [`remote${index}`, { url }]);
    const config = join(folder, 'mcp.json');
    writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries([...stdio, ...remote]) }));
    const serve = [distBin(), 'serve', '--stdio', '--config', config, '--state-dir', join(folder, 'state')];
    const all = String(2 * EACH * TOOLS);
    const ways: Ways = {
      [TODAY]: { args: serve, env: { SWITCHYARD_FIRST_ANSWERS: 'off' } },
      switchyard: { args: serve },
      'bare SDK 1.x server': { args: [servers.sdk1, all] },
      'bare SDK 2.x server': { args: [servers.sdk2, all] },
      'server without an SDK': { args: [servers.plain, all] },
    };
    await remember(ways.switchyard as Way);
    const lists = await takeTurns(ways, rounds, (way) => listOnce(way));
    tell({ title: 'Spawn to the first list, remembered', rows: rowsOf(lists, TODAY, 'until the list') });
    const bin = distBin();
    const commands: Ways = {
      [NODE]: { args: ['-e', '0'] },
      '--help': { args: [bin, '--help'] },
      'serve --help': { args: [bin, 'serve', '--help'] },
      '--version': { args: [bin, '--version'] },
      'complete -- se': { args: [bin, 'complete', '--', 'se'] },
    };
    const ends = await takeTurns(commands, rounds, runOnce);
    tell({ title: 'Help and completion', rows: rowsOf(ends, NODE, 'until the end') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes servers to files, and returns the paths. The first argument of a server is its number of tools. */
function serversIn(folder: string): { readonly plain: string; readonly sdk1: string; readonly sdk2: string } {
  const tools = `Array.from({ length: Number(process.argv[2]) }, (_, index) => ({ name: 'tool_' + index,
    description: 'Looks up things of kind ' + index, inputSchema: { type: 'object', properties: { query: { type: 'string' } } } }))`;
  const handlers = (list: string): string => `
    const server = new Server({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler(${list}, () => ({ tools: ${tools} }));
    await server.connect(new StdioServerTransport());`;
  const resolved = (name: string): string => JSON.stringify(import.meta.resolve(name));
  const texts = {
    plain: `import { createInterface } from 'node:readline';
      for await (const line of createInterface({ input: process.stdin })) {
        const { id, method, params } = JSON.parse(line);
        const result = { initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} },
          serverInfo: { name: 'bench', version: '1.0.0' } }, 'tools/list': { tools: ${tools} } }[method];
        const answer = result ? { result } : { error: { code: -32601, message: 'unknown' } };
        if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n');
      }`,
    sdk1: `import { Server } from ${resolved('@modelcontextprotocol/sdk/server/index.js')};
      import { StdioServerTransport } from ${resolved('@modelcontextprotocol/sdk/server/stdio.js')};
      import { ListToolsRequestSchema } from ${resolved('@modelcontextprotocol/sdk/types.js')};
      ${handlers('ListToolsRequestSchema')}`,
    sdk2: `import { Server } from ${resolved('@modelcontextprotocol/server')};
      import { StdioServerTransport } from ${resolved('@modelcontextprotocol/server/stdio')};
      ${handlers("'tools/list'")}`,
  };
  const pathOf = (name: keyof typeof texts): string => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, texts[name]);
    return path;
  };
  return { plain: pathOf('plain'), sdk1: pathOf('sdk1'), sdk2: pathOf('sdk2') };
}

/** Runs a gateway twice. It stores its state in the first run. */
async function remember(way: Way): Promise<void> {
  for (let run = 0; run < 2; run += 1) await listOnce(way, 3_000);
}

/**
 * Starts a server, requests its tool list and waits until the process has ended. Resolves with the milliseconds from
 * the start to the list.
 */
async function listOnce({ args, env }: Way, restMs = 0): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });
  const ask = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const clientInfo = { name: 'bench', version: '1.0.0' };
  ask({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } });
  for await (const line of createInterface({ input: child.stdout })) {
    const { id } = JSON.parse(line) as { readonly id?: number };
    if (id === 2) break;
    if (id !== 1) continue;
    ask({ method: 'notifications/initialized' });
    ask({ id: 2, method: 'tools/list' });
  }
  const tookMs = performance.now() - startedMs;
  await new Promise((resolve) => setTimeout(resolve, restMs));
  await ended(child);
  return tookMs;
}

/** Resolves with the milliseconds from the start of a command to its end. */
async function runOnce({ args, env }: Way): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  child.stdout.resume();
  await once(child, 'close');
  return performance.now() - startedMs;
}

async function ended(child: ChildProcess): Promise<void> {
  const end = once(child, 'exit');
  child.stdin?.end();
  child.stdout?.resume();
  await end;
}

/** Returns the samples of each way. The first round is not counted, because it fills the disk caches. */
async function takeTurns(
  ways: Ways,
  rounds: number,
  measure: (way: Way) => Promise<number>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, way] of Object.entries(ways)) {
      const tookMs = await measure(way);
      if (round > 0) samples.get(name)?.push(tookMs);
    }
  return samples;
}

function rowsOf(samples: ReadonlyMap<string, readonly number[]>, baseline: string, metric: string): readonly Row[] {
  return [...samples].map(([way, taken]) => ({ way, metric, unit: 'ms', samples: taken, baseline }));
}
