import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endWithUs, startServing } from '../support/serving-process.ts';
import { distBin } from './dist.ts';

const peers = fileURLToPath(new URL('../peers/node_modules/', import.meta.url));

export const MCP_HUB: string = `${peers}mcp-hub/dist/cli.js`;

const POLL_MS = 20;
const PATIENCE_MS = 60_000;

/** A gateway in a separate process, in front of connectors `c0`, `c1` and so on. Disposing ends the process. */
export interface RunningGateway extends Disposable {
  /** URL of the gateway without a path. */
  readonly url: string;
  readonly pid: number;
}

interface GatewayOptions {
  /** Whether to wait until all connectors are connected. Defaults to true. */
  readonly isAwaited?: boolean;
  /** Arguments for Node.js. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a gateway in front of the connectors at these addresses. */
export type StartGateway = (urls: readonly string[], options?: GatewayOptions) => Promise<RunningGateway>;

/** Starts `mcp-switchyard serve` in its published form. */
export const startSwitchyard: StartGateway = async (urls, { isAwaited = true, nodeArgs = [], env = {} } = {}) => {
  const folder = writeConfig(urls);
  const args = ['serve', '--config', join(folder, 'mcp.json'), '--port', '0', '--json', '--ready-for', 'all'];
  const serving = await startServing<{ url: string }>(distBin(), args, { nodeArgs, env, isQuiet: true });
  const { url } = serving.printed;
  if (isAwaited) await until(async () => (await fetch(`${url}/readyz`)).ok, 'switchyard');
  return {
    url,
    pid: serving.pid,
    [Symbol.dispose]() {
      serving[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/**
 * Starts mcp-hub, which must be installed. Its clients connect to `/mcp` with the HTTP+SSE transport of revision
 * 2024-11-05.
 */
export const startMcpHub: StartGateway = async (urls, { isAwaited = true, nodeArgs = [], env = {} } = {}) => {
  const folder = writeConfig(urls);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [...nodeArgs, MCP_HUB, '--port', String(port), '--config', join(folder, 'mcp.json')];
  const child = spawn(process.execPath, args, { env: { ...homeIn(folder), ...env }, stdio: 'ignore' });
  const end = endWithUs(child);
  const isReady = async (): Promise<boolean> => {
    const health = (await (await fetch(`${url}/api/health`)).json()) as { servers: { status: string }[] };
    return health.servers.filter(({ status }) => status === 'connected').length === urls.length;
  };
  if (isAwaited) await until(isReady, 'mcp-hub');
  return {
    url,
    pid: child.pid ?? 0,
    [Symbol.dispose]() {
      end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Returns the environment for a process that stores its logs and caches in `folder` instead of the user's folders. */
export function homeIn(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, HOME: folder, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
}

/** Creates a temporary folder with an `mcp.json` that defines connectors for these URLs. */
export function writeConfig(urls: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
  const mcpServers = Object.fromEntries(urls.map((url, index) => [`c${index}`, { type: 'http', url }]));
  writeFileSync(join(folder, 'mcp.json'), JSON.stringify({ mcpServers }));
  return folder;
}

/** Returns a free port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(isReady: () => Promise<boolean>, name: string): Promise<void> {
  const startedMs = performance.now();
  while (!(await isReady().catch(() => false))) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`${name} was not ready within ${PATIENCE_MS} ms`);
    await sleep(POLL_MS);
  }
}
