import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TempDir } from '../../helpers/temp-dir.ts';

const source = (path: string): string => new URL(`../../../${path}`, import.meta.url).href;
const INDEX = source('src/main/index.ts');

/** Large packages that only some processes need. Their dependencies are not listed. */
const HEAVY = [
  '@modelcontextprotocol/client',
  '@napi-rs/keyring',
  '@opentelemetry/api',
  'cross-spawn',
  'diff',
  'ioredis',
  'open',
  'piscina',
  'prom-client',
  'undici',
  'yaml',
  'zod',
];

interface Run {
  readonly packages: readonly string[];
  readonly stdout: string;
}

/** Runs a script and returns which heavy packages it loaded. Rejects if the script fails. */
async function run(args: readonly string[]): Promise<Run> {
  using dir = new TempDir();
  const file = join(dir.path, 'loaded.json');
  const hook = source('test/fixtures/programs/note-packages.ts');
  const child = spawn(process.execPath, ['--import', hook, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOADED: file, XDG_CACHE_HOME: dir.path },
  });
  let stdout = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  const loaded = JSON.parse(readFileSync(file, 'utf8')) as string[];
  return { packages: loaded.filter((name) => HEAVY.includes(name)), stdout };
}

/** Runs a module in a separate process. */
async function runModule(code: string): Promise<Run> {
  using dir = new TempDir();
  const file = join(dir.path, 'program.mjs');
  writeFileSync(file, code);
  return await run([file]);
}

/** Returns a script with a server that answers every method. The script then runs `then`. */
const withServer = (then: string): string => `
  import { createServer } from 'node:http';
  import { text } from 'node:stream/consumers';
  import { writeFileSync } from 'node:fs';
  import { ConnectorProxyManager, getConnectorMetricsRegistry } from '${INDEX}';
  const ANSWERS = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'here' }] },
  };
  const server = createServer(async (request, response) => {
    const { id, method } = request.method === 'POST' ? JSON.parse(await text(request)) : {};
    if (method === undefined) return response.writeHead(405).end();
    if (id === undefined) return response.writeHead(202).end();
    const answer = ANSWERS[method];
    const error = { code: -32601, message: 'No such method' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...(answer ? { result: answer } : { error }) }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = process.env.LOADED + '.mcp.json';
  const url = 'http://127.0.0.1:' + server.address().port + '/mcp';
  writeFileSync(config, JSON.stringify({ mcpServers: { one: { url } } }));
  const manager = new ConnectorProxyManager({ configFile: config });
  await manager.sync();
  const result = await manager.callTool('one.echo', {});
  process.stdout.write(result.content[0].text);
  ${then}
  await manager.close?.();
  await manager.disconnect?.();
  server.close();
  server.closeAllConnections();
`;

describe('packages that only some processes need', () => {
  it('an import of the main module loads none of the large packages that only some processes need', async () => {
    expect((await runModule(`import '${INDEX}';`)).packages).toEqual([]);
  });

  it('an import of the registry and the gateway loads none of the large packages that only some processes need', async () => {
    const [store, gateway] = ['src/main/registry/fs-store.ts', 'src/main/gateway/index.ts'].map(source);
    expect((await runModule(`import '${store}'; import '${gateway}';`)).packages).toEqual([]);
  });

  it('a manager that is created and closed without use loads none of the large packages', async () => {
    const code = `
      import { ConnectorProxyManager } from '${INDEX}';
      const manager = new ConnectorProxyManager({ serviceMapUrl: 'https://maps.example/map', signatureKey: 'k'.repeat(32) });
      manager.listTools();
      manager.status();
      await manager.disconnect();
    `;
    expect((await runModule(code)).packages).toEqual([]);
  });

  it('a manager that calls a connector over HTTP loads none of the large packages except `undici`', async () => {
    const { packages, stdout } = await runModule(withServer(''));
    expect(stdout).toBe('here');
    expect(packages).toEqual(['undici']);
  });

  it('`prom-client` is loaded when metrics are read', async () => {
    const then = `process.stdout.write((await getConnectorMetricsRegistry().metrics()).includes('connector="one"') ? '!' : '?');`;
    const { packages, stdout } = await runModule(withServer(then));
    expect(stdout).toBe('here!');
    expect(packages).toEqual(['@opentelemetry/api', 'prom-client', 'undici']);
  });

  it('`mcp-switchyard --help` loads none of the large packages', async () => {
    const bin = fileURLToPath(source('src/main/cli/bin.ts'));
    const { packages, stdout } = await run([bin, '--help']);
    expect(stdout).toContain('Usage: mcp-switchyard');
    expect(packages).toEqual([]);
  });
});
