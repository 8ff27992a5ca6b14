import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from '../peers/load.ts';
import type { ColdStart } from './cold-ways.ts';

const folder = fileURLToPath(new URL('../peers/', import.meta.url));

/** Timeout for requests. It is longer than any peer waits for a hanging server. */
const PATIENCE_MS = 20_000;

/** Installs the peers if `needed` is missing. If that fails, prints the reason to stderr and returns false. */
export function installPeers(needed: string): boolean {
  if (existsSync(`${folder}node_modules/${needed}`)) return true;
  process.stderr.write('Installing the peers into bench/peers (once; some 200 MB) …\n');
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0)
    process.stderr.write(`The peers cannot be installed, so they are left out:\n${stderr.slice(-500)}\n`);
  return status === 0;
}

/** How each peer connects to several servers and lists their tools. A server that fails counts as having no tools. */
export const PEER_WAYS: Readonly<Record<string, ColdStart>> = {
  'ai-sdk': async ({ urls }, tell) => {
    const { createMCPClient } = await load('@ai-sdk/mcp');
    tell.ready();
    await all(
      urls,
      async (url) => {
        const client = await createMCPClient({ transport: { type: 'http', url } });
        return (await client.listTools()).tools.length;
      },
      tell.tools,
    );
  },
  mcporter: async ({ urls }, tell) => {
    const { createRuntime } = await load('mcporter');
    tell.ready();
    const servers = urls.map((url, index) => ({ name: `c${index}`, command: { kind: 'http', url: new URL(url) } }));
    const logger = { info() {}, warn() {}, error() {}, debug() {} };
    const runtime = await createRuntime({ servers, logger });
    await all(servers, async ({ name }) => (await runtime.listTools(name)).length, tell.tools);
  },
  mastra: async ({ urls }, tell) => {
    const { MCPClient } = await load('@mastra/mcp');
    tell.ready();
    const servers = Object.fromEntries(urls.map((url, index) => [`c${index}`, { url: new URL(url) }]));
    const client = new MCPClient({ servers, timeout: PATIENCE_MS });
    tell.tools(Object.keys(await client.listTools()).length);
  },
};

async function all<T>(
  items: readonly T[],
  work: (item: T) => Promise<number>,
  tell: (count: number) => void,
): Promise<void> {
  await Promise.all(items.map((item) => work(item).then(tell, () => {})));
}
