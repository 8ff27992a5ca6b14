import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { distFolder } from '../gateway/dist.ts';
import { startRawConnectors } from '../gateway/raw-connectors.ts';
import { startFixture } from '../support/fixture.ts';

const EMPTY = 'empty module';
const OFFICIAL = 'official client 2.x';
const CLIENT = import.meta.resolve('@modelcontextprotocol/client');
const SDK_1 = import.meta.resolve('@modelcontextprotocol/sdk/client/index.js');
const SDK_1_HTTP = import.meta.resolve('@modelcontextprotocol/sdk/client/streamableHttp.js');

/** Modules of Node.js that every HTTP client needs, loaded in the fastest way. */
const BUILT_INS = [
  'net',
  'tls',
  'http',
  'https',
  'zlib',
  'dns',
  'stream',
  'url',
  'crypto',
  'events',
  'fs',
  'path',
  'os',
]
  .map((name) => `process.getBuiltinModule('node:${name}');`)
  .join('\n');

/** Scripts that run in separate processes, by name. */
type Ways = Readonly<Record<string, string>>;

/**
 * Measures processes from their start to their end: one that only imports the package, and one that also makes the
 * first call to one HTTP connector. Each figure is the difference from a process with an empty module in the same
 * round.
 */
export async function measureImport(rounds: number, tell: (section: Section) => void): Promise<void> {
  const ours = pathToFileURL(join(distFolder(), 'main', 'index.js')).href;
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-import-'));
  try {
    const imports: Ways = {
      [EMPTY]: '',
      'Node built-ins': BUILT_INS,
      switchyard: `import '${ours}';`,
      [OFFICIAL]: `import '${CLIENT}';`,
      'SDK 1.x': `import '${SDK_1}'; import '${SDK_1_HTTP}';`,
    };
    tell(await measure('Import', folder, imports, rounds));
    using modern = await startRawConnectors({ count: 1, tools: 20 });
    const modernWays = callWays(ours, folder, modern.urls[0] ?? '', { mode: 'auto' });
    tell(await measure('Import and first call, a server of both generations', folder, modernWays, rounds));
    using legacy = await startFixture({ count: 1, tools: 20, sessions: true });
    const legacyWays = callWays(ours, folder, legacy.urls[0] ?? '', {});
    tell(await measure('Import and first call, a legacy server with sessions', folder, legacyWays, rounds));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Returns scripts that connect, list the tools, call one tool and exit. `versionNegotiation` is the fastest setting for
 * the official client 2.x.
 */
function callWays(ours: string, folder: string, url: string, versionNegotiation: object): Ways {
  const port = new URL(url).port;
  const config = join(folder, `${port}.json`);
  writeFileSync(config, JSON.stringify({ mcpServers: { one: { url } } }));
  const call = `{ name: 'tool_0', arguments: { query: 'x' } }`;
  const sdk = (options: object): string => `
    const client = new Client({ name: 'bench', version: '1.0.0' }, ${JSON.stringify(options)});
    await client.connect(new StreamableHTTPClientTransport(new URL('${url}')));
    await client.listTools();
    await client.callTool(${call});
    process.exit();`;
  return {
    [EMPTY]: '',
    switchyard: `import { ConnectorProxyManager } from '${ours}';
      const manager = new ConnectorProxyManager({ configFile: '${config}' });
      await manager.sync();
      await manager.callTool('one.tool_0', { query: 'x' });
      process.exit();`,
    [OFFICIAL]: `import { Client, StreamableHTTPClientTransport } from '${CLIENT}';${sdk({ versionNegotiation })}`,
    'SDK 1.x': `import { Client } from '${SDK_1}';
      import { StreamableHTTPClientTransport } from '${SDK_1_HTTP}';${sdk({})}`,
  };
}

async function measure(title: string, folder: string, ways: Ways, rounds: number): Promise<Section> {
  const samples = new Map<string, number[]>();
  const scripts = Object.entries(ways).map(([way, code], index) => {
    const file = join(folder, `${index}.mjs`);
    writeFileSync(file, code);
    return { way, file };
  });
  // The first round is not counted, because it fills the caches of the system.
  for (let round = 0; round <= rounds; round += 1) {
    let emptyMs = 0;
    for (const { way, file } of scripts) {
      const elapsedMs = await timeOf(file);
      if (way === EMPTY) emptyMs = elapsedMs;
      const above = way === EMPTY ? elapsedMs : elapsedMs - emptyMs;
      if (round > 0) samples.set(way, [...(samples.get(way) ?? []), above]);
    }
  }
  const rows = [...samples].map(([way, list]): Row => {
    if (way === EMPTY) return { way, metric: 'process', unit: 'ms', samples: list, baseline: null };
    return { way, metric: 'over empty', unit: 'ms', samples: list, baseline: OFFICIAL };
  });
  return {
    title,
    rows,
    notes: ['switchyard: the published package; each way in its own processes, which alternate'],
  };
}

async function timeOf(file: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${file} ended with exit code ${code}`);
  return performance.now() - startedMs;
}
