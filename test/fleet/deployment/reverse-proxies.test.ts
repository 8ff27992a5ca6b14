import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hasProgram } from '../../helpers/deployment/deployment-page.ts';
import { PROXY_BLOCKS, type ProxyKind, ReverseProxy } from '../../helpers/deployment/reverse-proxy.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type GatewayWorld, remote, startGateway } from '../../helpers/gateway-world.ts';
import { envelope } from '../../helpers/mcp-post.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';

// The helper reads these blocks of the page, and page.test.ts looks for their names in this file:
// deploymentBlock('/etc/nginx/conf.d/mcp-switchyard.conf') and deploymentBlock('/etc/caddy/Caddyfile').
const PROXIES: readonly [kind: ProxyKind, isThere: boolean][] = [
  ['nginx', hasProgram('nginx', '-v')],
  ['caddy', hasProgram('caddy', 'version')],
];

/** Each replica has its own separator, so that its responses identify it. */
const SEPARATORS = ['__', '_._', '_-_'];

const modern = (method: string, params: object = {}) =>
  [
    '/mcp',
    { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: envelope() } },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method },
  ] as const;

interface Replicas extends AsyncDisposable {
  readonly worlds: readonly GatewayWorld[];
  readonly urls: readonly string[];
  /** Adds a tool to the connector, which announces it to all replicas. */
  addTool(): void;
}

/** Starts three gateways in front of one connector. */
async function startReplicas(): Promise<Replicas> {
  await using stack = new AsyncDisposableStack();
  let tools = 1;
  const server = stack.use(
    await TestMcpServer.start((mcp) => {
      for (let tool = 0; tool < tools; tool += 1)
        mcp.registerTool(`tool${tool}`, {}, () => ({ content: [{ type: 'text', text: 'done' }] }));
    }),
  );
  const worlds: GatewayWorld[] = [];
  for (const separator of SEPARATORS) {
    const listener = { allowedHosts: ['mcp.example.com'] };
    const world = await startGateway({ a: remote(server) }, { listener, gateway: { separator } });
    worlds.push(stack.use(world));
  }
  const owned = stack.move();
  return {
    ...{ worlds, urls: worlds.map(({ listener }) => listener.url) },
    addTool() {
      tools += 1;
      server.announceTools();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Lists the tools; returns which replica answered, or the status of an error. */
async function listTools(proxy: ReverseProxy): Promise<string> {
  const { statusCode, body } = await proxy.post(...modern('tools/list'));
  const text = await body.text();
  if (statusCode !== 200) return String(statusCode);
  const { result } = JSON.parse(text) as { result: { tools: { name: string }[] } };
  return result.tools[0]?.name.slice(1, -5) ?? 'none';
}

interface Notices extends Disposable {
  readonly seen: { text: string; hasEnded: boolean };
}

/** Opens a stream for changed lists, and waits until it is acknowledged. */
async function openNotices(proxy: ReverseProxy): Promise<Notices> {
  const { statusCode, body } = await proxy.post(
    ...modern('subscriptions/listen', { notifications: { toolsListChanged: true } }),
  );
  expect(statusCode).toBe(200);
  const seen = { text: '', hasEnded: false };
  const end = (): void => {
    seen.hasEnded = true;
  };
  body.on('data', (chunk: Buffer) => {
    seen.text += chunk.toString();
  });
  body.on('end', end).on('error', end).on('close', end);
  await eventually('the stream is acknowledged', () => seen.text.includes('data:'));
  return { seen, [Symbol.dispose]: () => body.destroy() };
}

const hasChanged = ({ seen }: Notices): boolean => seen.text.includes('notifications/tools/list_changed');

/**
 * Returns the page's configuration with its long timeouts divided by 100. `seconds`, if given, first replaces the
 * timeouts.
 */
const scaled =
  (kind: ProxyKind, seconds = 660) =>
  (block: string): string =>
    block.replaceAll(/\b660s/g, kind === 'nginx' ? `${seconds * 10}ms` : `${seconds / 100}s`);

/** Starts three servers that close each connection once they have read a request. */
async function startCutters(): Promise<AsyncDisposable & { readonly urls: string[]; readonly posts: () => number }> {
  let posts = 0;
  const servers: Server[] = [];
  for (let index = 0; index < 3; index += 1) {
    const server = createServer((request, response) => {
      if (request.method === 'GET') return void response.end('ready');
      request.resume().once('end', () => {
        posts += 1;
        request.socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
  }
  return {
    urls: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    posts: () => posts,
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

describe.each(PROXIES)('%s with the configuration of docs/deployment.md', (kind, isThere) => {
  it.skipIf(!isThere)(
    'the documented reverse proxy spreads requests over three replicas, and forwards notifications immediately',
    async () => {
      await using replicas = await startReplicas();
      await using proxy = await ReverseProxy.start(kind, replicas.urls);
      await eventually('it answers', async () => (await listTools(proxy)).startsWith('_'));
      const answered: string[] = [];
      for (let count = 0; count < 12; count += 1) answered.push(await listTools(proxy));
      expect(new Set(answered)).toEqual(new Set(SEPARATORS));
      using notices = await openNotices(proxy);
      replicas.addTool();
      await eventually('the notice comes while the stream is open', () => hasChanged(notices), 5_000);
      expect(notices.seen.hasEnded).toBe(false);
    },
  );

  it.skipIf(!isThere)(
    'the documented reverse proxy continues with two replicas after the third has ended',
    async () => {
      await using replicas = await startReplicas();
      await using proxy = await ReverseProxy.start(kind, replicas.urls);
      await eventually('it answers', async () => (await listTools(proxy)).startsWith('_'));
      await replicas.worlds[1]?.listener.close(0);
      const answered: string[] = [];
      for (let count = 0; count < 12; count += 1) answered.push(await listTools(proxy));
      const failed = answered.filter((answer) => !answer.startsWith('_'));
      // Caddy notices the end of the replica when one request to it fails.
      expect(failed.length).toBeLessThanOrEqual(kind === 'caddy' ? 1 : 0);
      expect(new Set(answered)).toEqual(new Set([...failed, SEPARATORS[0], SEPARATORS[2]]));
    },
  );

  it.skipIf(!isThere)(
    'the documented reverse proxy never sends a call to a second replica after the first replica has read it',
    async () => {
      await using cutters = await startCutters();
      await using proxy = await ReverseProxy.start(kind, cutters.urls);
      await eventually('it passes requests on', async () => (await proxy.post('/mcp', {})).statusCode === 502);
      const before = cutters.posts();
      const { statusCode } = await proxy.post(...modern('tools/call', { name: 'a__tool0' }));
      expect([statusCode, cutters.posts() - before]).toEqual([502, 1]);
    },
  );

  it('the documented reverse proxy has timeouts of more than ten minutes', () => {
    const names = {
      nginx: ['proxy_read_timeout', 'proxy_send_timeout', 'send_timeout'],
      caddy: ['read_timeout', 'response_header_timeout'],
    }[kind];
    for (const name of names)
      expect(Number(new RegExp(`^\\s*${name} (\\d+)s;?$`, 'm').exec(PROXY_BLOCKS[kind])?.[1])).toBeGreaterThan(600);
  });

  it.skipIf(!isThere)(
    'the documented reverse proxy keeps a stream open that is idle for ten minutes (scaled to a hundredth)',
    async () => {
      await using replicas = await startReplicas();
      await using proxy = await ReverseProxy.start(kind, replicas.urls, scaled(kind));
      await eventually('it answers', async () => (await listTools(proxy)).startsWith('_'));
      using notices = await openNotices(proxy);
      const acknowledged = notices.seen.text;
      // The test needs this pause: 6 s stand for ten minutes, as all timeouts are divided by 100.
      await sleep(6_000);
      expect(notices.seen).toEqual({ text: acknowledged, hasEnded: false });
      replicas.addTool();
      await eventually('the notice comes', () => hasChanged(notices), 5_000);
    },
  );

  it.skipIf(!isThere)('a reverse proxy whose timeout is a minute cuts an idle stream (control)', async () => {
    await using replicas = await startReplicas();
    await using proxy = await ReverseProxy.start(kind, replicas.urls, scaled(kind, 60));
    await eventually('it answers', async () => (await listTools(proxy)).startsWith('_'));
    using notices = await openNotices(proxy);
    await eventually('the stream is cut', () => notices.seen.hasEnded, 6_000);
    expect(hasChanged(notices)).toBe(false);
  });
});

describe('the Host header of a reverse proxy', () => {
  it.skipIf(!hasProgram('nginx', '-v'))(
    'the gateway rejects requests if nginx sends its own host name instead of the client’s Host header',
    async () => {
      await using replicas = await startReplicas();
      const withoutHost = (block: string): string => block.replace(/^ *proxy_set_header Host .*\n/m, '');
      await using proxy = await ReverseProxy.start('nginx', replicas.urls, withoutHost);
      await eventually('it answers', async () => (await listTools(proxy)) === '403');
    },
  );
});
