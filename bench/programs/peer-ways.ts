import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { load } from '../peers/load.ts';
import type { StartWay } from './job.ts';

const peers = fileURLToPath(new URL('../peers/node_modules/', import.meta.url));
const MCP_HUB = `${peers}mcp-hub/dist/cli.js`;

/** Interval at which mcp-hub is polled. On average, the figures of mcp-hub are too high by half of this time. */
const POLL_MS = 50;

const mcporter: StartWay = async ({ programs, capMs }, tell) => {
  const { createRuntime } = await load('mcporter');
  tell.ready();
  const servers = programs.map(({ name, command, args }) => ({
    name,
    command: { kind: 'stdio', command, args: [...args], cwd: process.cwd() },
  }));
  const logger = { info() {}, warn() {}, error() {}, debug() {} };
  const runtime = await createRuntime({ servers, logger });
  const start = async (name: string): Promise<void> => {
    try {
      await runtime.listTools(name, { timeoutMs: capMs });
      tell.up(name);
    } catch {
      tell.failed(name);
    }
  };
  await Promise.all(programs.map(({ name }) => start(name)));
};

interface HubServer {
  readonly name: string;
  readonly status: string;
  readonly error?: string | null;
  readonly capabilities?: { readonly tools?: readonly unknown[] };
}

/** mcp-hub runs in a separate process. The clock starts with that process, so the figures include its start-up. */
const mcpHub: StartWay = async ({ configFile, programs, capMs }, tell) => {
  const port = await freePort();
  tell.ready();
  const child = spawn(process.execPath, [MCP_HUB, '--port', String(port), '--config', configFile], {
    stdio: 'ignore',
    env: homeIn(dirname(configFile)),
  });
  process.once('exit', () => child.kill('SIGTERM'));
  const endsAtMs = performance.now() + capMs;
  let left = programs.length;
  while (left > 0 && child.exitCode === null && performance.now() < endsAtMs) {
    await sleep(POLL_MS);
    const servers = await hubServers(port);
    const isUp = ({ status, capabilities }: HubServer): boolean =>
      status === 'connected' && (capabilities?.tools?.length ?? 0) > 0;
    for (const server of servers) {
      if (isUp(server)) tell.up(server.name);
      else if (server.status === 'disconnected' && server.error != null) tell.failed(server.name);
    }
    left = programs.length - servers.filter(isUp).length;
  }
};

/**
 * Returns the environment for a process that stores its logs and caches next to the configuration file, and not in the
 * user's folders.
 */
function homeIn(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, HOME: folder, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
}

async function hubServers(port: number): Promise<readonly HubServer[]> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/servers`, { signal: AbortSignal.timeout(2_000) });
    return ((await response.json()) as { servers?: HubServer[] }).servers ?? [];
  } catch {
    // mcp-hub does not listen yet, or is too busy to answer.
    return [];
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const PEER_WAYS: Readonly<Record<string, StartWay>> = { mcporter, 'mcp-hub': mcpHub };
