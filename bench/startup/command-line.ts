import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { distBin } from '../gateway/dist.ts';
import { homeIn, writeConfig } from '../gateway/gateways.ts';
import { startRawConnectors } from '../gateway/raw-connectors.ts';
import { endWithUs } from '../support/serving-process.ts';

const CONNECTORS = 4;
const TOOLS = 20;

/** A way to call a tool from a shell. `args` are the arguments for Node.js. */
interface Way {
  readonly way: string;
  readonly args: readonly string[];
}

/**
 * Measures how long a command that calls a tool takes. The tool is called through a running gateway, without a gateway,
 * and with mcporter.
 */
export async function measureCommandLine(
  rounds: number,
  withPeers: boolean,
  tell: (section: Section) => void,
): Promise<void> {
  const bin = distBin();
  using connectors = await startRawConnectors({ count: CONNECTORS, tools: TOOLS });
  const folder = writeConfig(connectors.urls);
  const config = join(folder, 'mcp.json');
  const given = ['--config', config, '--state-dir', join(folder, 'state')];
  const [connector = '', tool = ''] = firstTool(bin, given, folder);
  const call = ['call', `${connector}.${tool}`, 'query=archive', ...given];
  const list = ['tools', '--connector', connector, ...given];
  const ways: Way[] = [
    { way: 'node -e 0', args: ['-e', '0'] },
    { way: 'call, through a running gateway', args: [bin, ...call] },
    { way: 'call, on its own', args: [bin, ...call, '--no-via'] },
    { way: 'tools of one, through a running gateway', args: [bin, ...list] },
    { way: 'tools of one, on its own', args: [bin, ...list, '--no-via'] },
  ];
  if (withPeers) {
    const mcporter = [mcporterBin(), '--config', config];
    ways.push({ way: 'mcporter call', args: [...mcporter, 'call', `${connector}.${tool}`, 'query=archive'] });
    ways.push({ way: 'mcporter list', args: [...mcporter, 'list', connector] });
  }
  const env = homeIn(folder);
  const gateway = spawn(process.execPath, [bin, 'serve', ...given, '--port', '0'], { stdio: 'ignore', env });
  endWithUs(gateway);
  while (!readdirSync(join(folder, 'state')).some((name) => name.endsWith('.sock'))) await sleep(20);
  const samples = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round += 1)
    for (const { way, args } of ways) {
      const startedMs = performance.now();
      execFileSync(process.execPath, args, { stdio: 'ignore', env, cwd: folder });
      // The first round is not counted, because it fills caches.
      if (round > 0) samples.set(way, [...(samples.get(way) ?? []), performance.now() - startedMs]);
    }
  gateway.kill('SIGTERM');
  await once(gateway, 'close');
  rmSync(folder, { recursive: true, force: true });
  tell({
    title: `A command from start to end, ${CONNECTORS} HTTP connectors of ${TOOLS} tools`,
    rows: [...samples].map(
      ([way, times]): Row => ({
        ...{ way, metric: 'whole command', unit: 'ms', samples: times, baseline: 'node -e 0' },
      }),
    ),
    notes: ['Target with a running gateway: 100 ms more than `node -e 0`.'],
  });
}

/**
 * Returns the name of the first connector and its first tool, as the command itself lists them. This also fills the
 * state folder.
 */
function firstTool(bin: string, given: readonly string[], folder: string): readonly string[] {
  const out = execFileSync(process.execPath, [bin, 'tools', ...given, '--json'], {
    encoding: 'utf8',
    env: homeIn(folder),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { tools } = JSON.parse(out) as {
    readonly tools: readonly { readonly name: string; readonly connectorId: string }[];
  };
  const [first] = tools;
  return first === undefined ? [] : [first.connectorId, first.name.slice(first.connectorId.length + 1)];
}

function mcporterBin(): string {
  const folder = fileURLToPath(new URL('../peers/node_modules/mcporter/', import.meta.url));
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>> | string;
  };
  return join(folder, typeof bin === 'string' ? bin : (bin.mcporter ?? ''));
}
