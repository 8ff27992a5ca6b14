/** Hosts that use this package, each in a different way. A host prints one line of JSON, or fails. */

const MAP = `
import { createServer } from 'node:http';
import { ConnectorProxyManager, createServiceMapSignature, SwitchyardError } from 'mcp-switchyard';

const payload = {
  id: '01JD0000000000000000000000', brand: 'dist', generatedAt: new Date().toISOString(), ttlSeconds: 60,
  connectors: [{ id: 'off', version: '1', name: 'Off', status: 'disabled', ttl: 1, scopes: ['x'], endpoint: 'http://127.0.0.1:9/mcp' }],
};
const body = JSON.stringify({ ...payload, signature: createServiceMapSignature(payload, 'key') });
const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1', async () => {
  const serviceMapUrl = 'http://127.0.0.1:' + server.address().port;
  const manager = new ConnectorProxyManager({ serviceMapUrl, signatureKey: 'key', offload: 'always', stateDir: 'state' });
  const failed = await manager.sync().then(() => null, (error) => error);
  const { loads, store } = manager.status();
  const ids = manager.listConnectors().map(({ id }) => id);
  console.log(JSON.stringify(failed === null
    ? { ids, thread: loads[0].thread.split('-')[0], store: store.kind }
    : { code: failed.code, isOurs: failed instanceof SwitchyardError, message: failed.message }));
  await manager.close();
  server.close();
});
`;

const CONFIG_FILE = `
import { ConnectorProxyManager } from 'mcp-switchyard';

async function main() {
  const manager = new ConnectorProxyManager({ configFile: 'mcp.json', stateDir: 'state' });
  await manager.sync();
  const tools = manager.listTools().map(({ name }) => name);
  const { content } = await manager.callTool('local.echo', { text: 'hello' });
  console.log(JSON.stringify({ tools, content }));
  await manager.close();
}
main();
`;

const GATEWAY = `
import { ConnectorProxyManager } from 'mcp-switchyard';
import { createGatewayHost, DEFAULT_LIMITS, Gateway, listenHttp } from 'mcp-switchyard/gateway';

const logger = { debug() {}, info() {}, warn() {}, error(fields, message) { console.error(message, fields); } };

async function main() {
  const host = createGatewayHost();
  const manager = new ConnectorProxyManager({ configFile: 'mcp.json', host, notifications: true });
  const gateway = new Gateway({ manager, host, logger, separator: '__', tools: [], routes: {} });
  const listener = await listenHttp({
    gateway, logger, host: '127.0.0.1', port: 0, tokens: [], allowedHosts: [], allowedOrigins: [],
    readyFor: 'all', hasSessions: true, limits: DEFAULT_LIMITS,
  });
  await manager.sync();
  const post = (body) => fetch(listener.url + '/mcp', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
  });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'check', version: '1' } };
  const initialized = await post({ method: 'initialize', params });
  const metrics = await fetch(listener.url + '/metrics');
  console.log(JSON.stringify({
    initialized: (await initialized.text()).includes('2025-11-25'),
    page: (await (await fetch(listener.url)).text()).includes('<html'),
    metrics: (await metrics.text()).includes('mcp_'),
  }));
  await listener.close(100);
  gateway.close();
  await manager.close();
}
main();
`;

/** Source of a stdio server with one tool, which returns its argument. */
export const SERVER = `
import { createInterface } from 'node:readline';

const answers = {
  initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'local', version: '1' } }),
  'tools/list': () => ({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
  'tools/call': ({ arguments: { text } }) => ({ content: [{ type: 'text', text }] }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = answers[method]?.(params);
  const answer = result === undefined ? { error: { code: -32601, message: 'no such method' } } : { result };
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n');
}
`;

/** The source of a host, and what the host prints if everything works. */
export interface Host {
  readonly name: string;
  readonly source: string;
  readonly prints: string;
}

export const MAP_HOST: Host = {
  name: 'signed-map',
  source: MAP,
  prints: JSON.stringify({ ids: ['off'], thread: 'worker', store: 'ready' }),
};

export const HOSTS: readonly Host[] = [
  MAP_HOST,
  {
    name: 'config-file',
    source: CONFIG_FILE,
    prints: JSON.stringify({ tools: ['local.echo'], content: [{ type: 'text', text: 'hello' }] }),
  },
  { name: 'gateway', source: GATEWAY, prints: JSON.stringify({ initialized: true, page: true, metrics: true }) },
];
