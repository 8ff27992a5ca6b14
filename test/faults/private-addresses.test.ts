import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { Agent, type Dispatcher, fetch, request as requestBy } from 'undici';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { EraMemory } from '../../src/main/connectors/connection/era-memory.ts';
import { Connector } from '../../src/main/connectors/connector.ts';
import { type AddressRules, createPublicAgent } from '../../src/main/http/address-guard.ts';
import { isPublicAddress } from '../../src/main/http/special-addresses.ts';
import { createLifelines } from '../../src/main/manager/create-connectors.ts';
import type { ConnectorProxyManagerOptions } from '../../src/main/options/manager-options.ts';
import { resolveNetwork } from '../../src/main/options/network-options.ts';
import { resolveOptions } from '../../src/main/options/options.ts';
import { forgetfulProgramMemory } from '../../src/main/state-dir/program-memory.ts';
import { nextTurn } from '../../src/shared/clock.ts';
import { normalizeEntry, type RawEntry } from '../../src/shared/map/service-map.ts';
import { createLogin } from '../conformance/oauth.ts';
import { LocalFile } from '../helpers/local-file.ts';
import { manage } from '../helpers/manager.ts';
import { type AddTools, TestMcpServer } from '../helpers/mcp-server.ts';
import { ProxyServer } from '../helpers/proxy-server.ts';
import { entry, type Json, KEY } from '../helpers/signed-map.ts';
import { Authority, mcpListener, TlsServer } from '../helpers/tls-server.ts';

const REFUSED = { code: 'CONNECTOR_ADDRESS_REFUSED' };
const addEcho: AddTools = (server) =>
  void server.registerTool('echo', { inputSchema: z.object({}) }, () => ({ content: [] }));

/** Sends one request over an agent. */
function requestOver(
  dispatcher: Dispatcher,
  { origin, path, method }: { readonly origin: string; readonly path: string; readonly method: 'GET' | 'POST' },
): Promise<Dispatcher.ResponseData> {
  return requestBy(`${origin}${path}`, { dispatcher, method });
}

const portOf = (url: string): string => new URL(url).port;

/** Listens on loopback and counts every connection. */
async function countingServer(server: Server = createServer((socket) => void socket.on('error', () => {}))) {
  const own = new Set<number | undefined>();
  const ports: (number | undefined)[] = [];
  server.on('connection', (socket) => void ports.push(socket.remotePort));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    /**
     * Returns the number of connections so far. Opens one more connection first, because all earlier connections were
     * counted once this connection is counted.
     */
    async connections(): Promise<number> {
      const last = connect(port, '127.0.0.1');
      await once(last, 'connect');
      own.add(last.localPort);
      while (!ports.includes(last.localPort)) await once(server, 'connection');
      last.on('error', () => {}).destroy();
      return ports.filter((from) => !own.has(from)).length;
    },
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

type Rules = AddressRules & { asked: number; readonly hosts: string[] };

/**
 * Returns rules by which each lookup of a name returns the next of these address lists, and then always the last list.
 * With `isHome`, 127.0.0.1 counts as public.
 */
function rulesOf(answers: readonly (readonly string[])[], isHome = false): Rules {
  const rules: Rules = {
    asked: 0,
    hosts: [],
    isPublic: (address) => (isHome && address === '127.0.0.1') || isPublicAddress(address),
    lookup(host, _, callback) {
      rules.hosts.push(host);
      const addresses = answers[rules.asked] ?? answers.at(-1) ?? [];
      rules.asked += 1;
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    },
  };
  return rules;
}

const direct = resolveNetwork(undefined, false, {});

describe('a name that resolves to a private address', () => {
  it.each([[['127.0.0.1']], [['1.1.1.1', '127.0.0.1']], [['127.0.0.1', '1.1.1.1']]])(
    'a request to a host name that resolves to a private address is rejected without a connection: %j',
    async (addresses) => {
      await using server = await countingServer();
      const rules = rulesOf([addresses]);
      const agent = createPublicAgent(direct, rules);
      for (const scheme of ['http', 'https']) {
        const origin = `${scheme}://host.test:${server.port}`;
        await expect(requestOver(agent, { origin, path: '/', method: 'POST' })).rejects.toMatchObject(REFUSED);
        await expect(fetch(origin, { dispatcher: agent })).rejects.toMatchObject({ cause: REFUSED });
      }
      expect(rules.asked).toBe(4);
      expect(await server.connections()).toBe(0);
      await agent.destroy();
    },
  );

  it('a host name that was public is rejected if it resolves to a private address for the next socket', async () => {
    const http = createHttpServer((_, response) => void response.writeHead(200, { connection: 'close' }).end());
    await using server = await countingServer(http);
    const rules = rulesOf([['127.0.0.1'], ['169.254.169.254']], true);
    const agent = createPublicAgent(direct, rules);
    const request = { origin: `http://host.test:${server.port}`, path: '/', method: 'GET' } as const;
    const { statusCode, body } = await requestOver(agent, request);
    await body.dump();
    expect(statusCode).toBe(200);
    await expect(requestOver(agent, request)).rejects.toMatchObject(REFUSED);
    expect(rules.asked).toBe(2);
    expect(await server.connections()).toBe(1);
    await agent.destroy();
  });

  it('an open socket is reused without another lookup of its host name', async () => {
    const http = createHttpServer((_, response) => void response.end());
    await using server = await countingServer(http);
    const rules = rulesOf([['127.0.0.1'], ['169.254.169.254']], true);
    const agent = createPublicAgent(direct, rules);
    for (let count = 0; count < 3; count += 1) {
      const { body } = await requestOver(agent, {
        origin: `http://host.test:${server.port}`,
        path: '/',
        method: 'GET',
      });
      await body.dump();
      // undici reuses a connection one turn of the event loop after it reports the end of a response.
      await nextTurn();
      await nextTurn();
    }
    expect(rules.asked).toBe(1);
    await agent.destroy();
  });

  it('a TLS connection to an allowed private address resolves the host name only once', async () => {
    const authority = await Authority.create();
    await using server = await TlsServer.start(await authority.sign({ host: 'host.test' }), mcpListener());
    const rules = rulesOf([['127.0.0.1']], true);
    const agent = createPublicAgent(resolveNetwork({ ca: authority.cert }, false, {}), rules);
    const origin = `https://host.test:${server.port}`;
    const { body } = await requestOver(agent, { origin, path: '/', method: 'GET' });
    await body.dump();
    expect([rules.asked, server.handshakes]).toEqual([1, 1]);
    await agent.destroy();
  });
});

/** Creates a connector of a map that connects over an Agent with these rules. */
async function connectorOver(
  rules: AddressRules,
  overrides: Json,
  options: Partial<ConnectorProxyManagerOptions> = {},
) {
  const agent = new Agent();
  const publicAgent = createPublicAgent(direct, rules);
  const resolved = resolveOptions({ serviceMapUrl: 'http://map.invalid/', signatureKey: KEY, ...options });
  const lifelines = createLifelines(
    resolved,
    { agent, publicAgent },
    { eras: new EraMemory(), programs: forgetfulProgramMemory },
    async () => null,
  );
  const connector = new Connector(normalizeEntry(entry('one', overrides) as RawEntry, 300), {
    ...lifelines,
    now: () => 0,
    random: { next: () => 1 },
    callTimeoutMs: 5_000,
    relistAfterMs: () => null,
    onTransition: () => {},
    onSettling: () => {},
    onTools: async () => {},
    onToolsGone: () => {},
    onListFailed: () => {},
  });
  connector.update(connector.entry);
  await connector.settled();
  return {
    connector,
    async [Symbol.asyncDispose]() {
      await connector.close(new Error('over') as never);
      await Promise.all([agent.destroy(), publicAgent.destroy()]);
    },
  };
}

describe('a connector of a map, if its host name resolves to a private address', () => {
  const oauth = () => createLogin({});

  it.each<[string, Json, Partial<ConnectorProxyManagerOptions>]>([
    ['auto', {}, {}],
    ['legacy', { era: 'legacy' }, {}],
    ['modern', { era: 'modern' }, {}],
    ['SSE', { transport: 'sse' }, {}],
    ['OAuth', {}, { oauth }],
    ['OAuth over SSE', { transport: 'sse' }, { oauth }],
  ])(
    'a connector of a map whose host name resolves to a private address fails and opens no connection (%s)',
    async (_, overrides, options) => {
      await using server = await countingServer();
      const endpoint = `http://host.test:${server.port}/mcp`;
      await using held = await connectorOver(rulesOf([['127.0.0.1']]), { endpoint, ...overrides }, options);
      expect(held.connector.status()).toMatchObject({
        state: 'failed',
        lastError: { ...REFUSED, message: expect.stringContaining('host.test resolves to 127.0.0.1') },
      });
      expect(await server.connections()).toBe(0);
    },
  );

  it('a connector of a map cannot make the host request OAuth metadata from a private address', async () => {
    await using inner = await countingServer();
    const metadata = `http://inner.test:${inner.port}/metadata`;
    const outer = createHttpServer((_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end();
    });
    await using server = await countingServer(outer);
    const rules = rulesOf([['127.0.0.1'], ['10.0.0.1']], true);
    const endpoint = `http://host.test:${server.port}/mcp`;
    await using held = await connectorOver(rules, { endpoint }, { oauth });
    expect(held.connector.status()).toMatchObject({ state: 'failed' });
    expect([rules.hosts.includes('inner.test'), await inner.connections()]).toEqual([true, 0]);
  });

  it('a connector that was rejected for its private address comes up after a retry if its address is public now', async () => {
    await using server = await TestMcpServer.start(addEcho);
    const endpoint = `http://host.test:${portOf(server.url)}/mcp`;
    await using held = await connectorOver(rulesOf([['10.0.0.1'], ['127.0.0.1']], true), { endpoint });
    const { connector } = held;
    expect(connector.state).toBe('failed');
    connector.retry();
    await connector.settled();
    expect(connector.status()).toMatchObject({ state: 'ready', lastError: null });
  });

  it.each(['streamable-http', 'oauth'])(
    'a connector of a map fails if its host name resolves to a private address for a later socket (%s)',
    async (way) => {
      // Each response ends its connection, so that each request opens a new one.
      const listener = mcpListener();
      const http = createHttpServer((request, response) => {
        response.shouldKeepAlive = false;
        listener(request, response);
      });
      await using server = await countingServer(http);
      const answers = [['127.0.0.1']];
      const rules = rulesOf(answers, true);
      const options = way === 'oauth' ? { oauth } : {};
      const endpoint = `http://host.test:${server.port}/mcp`;
      await using held = await connectorOver(rules, { endpoint }, options);
      const { connector } = held;
      expect(connector.status()).toMatchObject({ state: 'ready' });
      const before = await server.connections();
      answers.splice(0, 1, ['10.0.0.1']);
      const call = connector.calls.callTool({ name: 'echo', inputSchema: { type: 'object' } }, { text: 'x' }, {});
      await expect(call).rejects.toMatchObject({ code: 'CONNECTOR_UNAVAILABLE', cause: REFUSED });
      expect(connector.status()).toMatchObject({ state: 'failed', lastError: REFUSED });
      expect(await server.connections()).toBe(before);
    },
  );
});

describe('allowPrivateEndpoints: false', () => {
  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])(
    '`allowPrivateEndpoints: false` rejects a connector at %s from a map, but not one from a local file',
    async (host) => {
      await using server = await TestMcpServer.start(addEcho);
      using file = new LocalFile({ mine: { url: server.url } });
      const endpoint = `http://${host}:${portOf(server.url)}/mcp`;
      await using managed = await manage(
        [entry('theirs', { endpoint }), entry('sse', { endpoint, transport: 'sse' })],
        {
          configFile: file.path,
          allowPrivateEndpoints: false,
          proxy: false,
        },
      );
      await managed.manager.sync();
      const states = managed.manager
        .status()
        .connectors.map(({ id, state, lastError }) => [id, state, lastError?.code]);
      expect(Object.fromEntries(states.map(([id, ...rest]) => [id, rest]))).toEqual({
        mine: ['ready', undefined],
        theirs: ['failed', REFUSED.code],
        sse: ['failed', REFUSED.code],
      });
      await managed.manager.callTool('mine.echo');
      await expect(managed.manager.callTool('theirs.echo')).rejects.toMatchObject({
        code: 'CONNECTOR_UNAVAILABLE',
        cause: REFUSED,
      });
      expect(managed.lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it('`allowPrivateEndpoints: false` rejects a connector without opening a socket', async () => {
    await using server = await countingServer();
    const endpoint = `http://127.0.0.1:${server.port}/mcp`;
    await using managed = await manage([entry('theirs', { endpoint })], { allowPrivateEndpoints: false, proxy: false });
    await managed.manager.sync();
    await managed.manager.sync(true);
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'failed', lastError: REFUSED });
    expect(await server.connections()).toBe(0);
  });

  it('a connector of a map cannot reuse the connection to a private address that a local connector opened', async () => {
    await using server = await TestMcpServer.start(addEcho);
    using file = new LocalFile({ one: { url: server.url } });
    await using managed = await manage([entry('one', { endpoint: server.url })], {
      configFile: file.path,
      allowPrivateEndpoints: false,
      proxy: false,
    });
    await managed.manager.sync();
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready' });
    file.write({});
    await managed.manager.sync(true);
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'failed', lastError: REFUSED });
    file.write({ one: { url: server.url } });
    await managed.manager.sync(true);
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready' });
  });

  it('`allowPrivateEndpoints: false` rejects literal private addresses behind a proxy, but lets the proxy resolve names', async () => {
    await using proxy = await ProxyServer.start();
    proxy.refusal = 502;
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254', 'host.invalid'];
    const entries = hosts.flatMap((host, index) => [
      entry(`http-${index}`, { endpoint: `http://${host}:9/mcp` }),
      entry(`https-${index}`, { endpoint: `https://${host}:9/mcp` }),
    ]);
    const network = { http: proxy.url(), https: proxy.url(), noProxy: '' };
    const options = { allowPrivateEndpoints: false, proxy: network, random: { next: () => 1 } };
    // The map itself is fetched without the proxy, which rejects everything.
    await using managed = await manage(entries, { ...options, fetchImpl: globalThis.fetch });
    await managed.manager.sync();
    const codes = managed.manager.status().connectors.map(({ lastError }) => lastError?.code);
    expect(codes.slice(0, 8)).toEqual(Array(8).fill(REFUSED.code));
    expect(codes.slice(8)).toEqual(Array(2).fill('CONNECTOR_CONNECT_FAILED'));
    expect(proxy.asked.length).toBeGreaterThan(0);
    expect(proxy.asked.filter((line) => !line.includes('host.invalid:9'))).toEqual([]);
  });

  it('`allowPrivateEndpoints: false` checks the addresses of host names in `NO_PROXY`', async () => {
    await using server = await countingServer();
    await using proxy = await ProxyServer.start();
    const network = resolveNetwork(undefined, { http: proxy.url(), noProxy: 'host.test' }, {});
    const agent = createPublicAgent(network, rulesOf([['127.0.0.1']]));
    const origin = `http://host.test:${server.port}`;
    await expect(requestOver(agent, { origin, path: '/', method: 'GET' })).rejects.toMatchObject(REFUSED);
    expect([proxy.asked, await server.connections()]).toEqual([[], 0]);
    await agent.destroy();
  });
});

it('a connector of a map may have a loopback address by default', async () => {
  await using server = await TestMcpServer.start(addEcho);
  await using managed = await manage([entry('one', { endpoint: server.url })], { proxy: false });
  await managed.manager.sync();
  expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready' });
});
