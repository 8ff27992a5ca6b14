import { ownFile } from '../own-file.ts';
import type { Children } from './children.ts';
import { packageBin } from './package-bin.ts';

/** An MCP server of the demo: its entry in the map, and a tool call that shows that the server works. */
export interface DemoConnector {
  readonly entry: Readonly<Record<string, unknown>> & { readonly id: string };
  readonly call: { readonly tool: string; readonly args: Readonly<Record<string, unknown>> };
}

/** Starts an MCP server. Resolves with its entry and its tool call. */
type Start = (children: Children) => Promise<DemoConnector>;

/**
 * Returns the servers of the first map. If the development packages are installed, these are one server of this package
 * and servers from npm (13 + 13 + 9 tools). Otherwise, they are two servers of this package.
 */
export function firstConnectors(): readonly Start[] {
  const everything = packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything');
  const memory = packageBin('@modelcontextprotocol/server-memory', 'mcp-server-memory');
  const proxy = packageBin('mcp-proxy', 'mcp-proxy');
  const starts: Start[] = [
    (children) => ownServer(children, 'toolbox', { tool: 'toolbox.add', args: { a: 19, b: 23 } }),
  ];
  if (everything !== null)
    starts.push(
      (children) => everythingOverHttp(children, everything),
      (children) => everythingOverSse(children, everything),
    );
  if (memory !== null && proxy !== null) starts.push((children) => memoryBehindProxy(children, proxy, memory));
  if (starts.length === 1) starts.push((children) => toolboxAsLegacy(children));
  return starts;
}

/** A server that is only in the second map, so that the refresh adds a connector. */
export const lateConnector: Start = (children) =>
  ownServer(children, 'notebook', { tool: 'notebook.write_note', args: { title: 'hello', body: 'from a signed map' } });

async function everythingOverHttp(children: Children, bin: string): Promise<DemoConnector> {
  const port = await children.startOnPort(bin, () => ['streamableHttp'], withPort);
  const endpoint = `http://127.0.0.1:${port}/mcp`;
  return {
    entry: entryOf('everything', 'Everything', endpoint),
    call: { tool: 'everything.echo', args: { message: 'hello' } },
  };
}

async function everythingOverSse(children: Children, bin: string): Promise<DemoConnector> {
  const port = await children.startOnPort(bin, () => ['sse'], withPort);
  const endpoint = `http://127.0.0.1:${port}/sse`;
  return {
    entry: entryOf('everything-sse', 'Everything over SSE', endpoint),
    call: { tool: 'everything-sse.get-sum', args: { a: 2, b: 3 } },
  };
}

async function memoryBehindProxy(children: Children, proxy: string, memory: string): Promise<DemoConnector> {
  const port = await children.startOnPort(proxy, (free) => [
    '--port',
    String(free),
    '--host',
    '127.0.0.1',
    '--',
    process.execPath,
    memory,
  ]);
  return {
    entry: entryOf('memory', 'Memory', `http://127.0.0.1:${port}/mcp`),
    call: { tool: 'memory.read_graph', args: {} },
  };
}

/** Starts a second `toolbox` server. Its entry specifies the legacy protocol. */
async function toolboxAsLegacy(children: Children): Promise<DemoConnector> {
  const { entry } = await ownServer(children, 'toolbox', { tool: '', args: {} });
  const pinned = { ...entry, id: 'toolbox-legacy', displayName: 'Toolbox, legacy protocol', era: 'legacy' };
  return { entry: pinned, call: { tool: 'toolbox-legacy.reverse', args: { text: 'switchyard' } } };
}

async function ownServer(children: Children, kind: string, call: DemoConnector['call']): Promise<DemoConnector> {
  const script = ownFile('demo/own-server');
  const endpoint = await children.startAnnouncing(script, [kind]);
  return { entry: entryOf(kind, kind === 'toolbox' ? 'Toolbox' : 'Notebook', endpoint), call };
}

function entryOf(id: string, displayName: string, endpoint: string): DemoConnector['entry'] {
  return {
    id,
    version: '1.0.0',
    displayName,
    enabled: true,
    ttlSeconds: 300,
    scopes: ['demo'],
    endpoint,
    auth: { type: 'none' },
  };
}

function withPort(port: number): NodeJS.ProcessEnv {
  return { PORT: String(port) };
}
