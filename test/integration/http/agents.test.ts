import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, RetryAgent } from 'undici';
import * as undici6 from 'undici-6';
import * as undici7 from 'undici-7';
import { describe, expect, it } from 'vitest';
import { type AgentLike, ConnectorProxyManager, RemoteToolProxy } from '../../../src/main/index.ts';
import { silentLogger } from '../../../src/main/observability/logger.ts';
import { secret } from '../../helpers/evidence.ts';
import { answer, FaultyServer } from '../../helpers/faulty-server.ts';
import { manage } from '../../helpers/manager.ts';
import { mapNow, mapUnderTest, off } from '../../helpers/map-under-test.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { NpmServers } from '../../helpers/npm-servers.ts';
import { ProxyServer } from '../../helpers/proxy-server.ts';
import { entry, KEY } from '../../helpers/signed-map.ts';

const closedPort = 'http://127.0.0.1:9';

describe('an Agent of undici 6', () => {
  it.each<[string, () => AgentLike]>([
    ['Agent', () => new undici6.Agent()],
    ['ProxyAgent', () => new undici6.ProxyAgent(closedPort)],
    ['EnvHttpProxyAgent', () => new undici6.EnvHttpProxyAgent()],
    ['RetryAgent', () => new undici6.RetryAgent(new undici6.Agent())],
  ])('an Agent of undici 6 is rejected at construction: %s', (_, make) => {
    const refused = expect.objectContaining({ code: 'AGENT_INCOMPATIBLE', detail: { option: 'agent' } });
    const agent = make();
    expect(() => new ConnectorProxyManager({ serviceMapUrl: closedPort, signatureKey: KEY, agent })).toThrow(refused);
    expect(() => new RemoteToolProxy({ endpoint: closedPort, enabled: true, logger: silentLogger, agent })).toThrow(
      refused,
    );
  });
});

describe('the check of an Agent at construction', () => {
  it('the check of an Agent at construction opens no socket, whether it accepts or rejects the Agent', async () => {
    let connections = 0;
    await using server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const proxies = { httpProxy: url, httpsProxy: url };
    const makers: (() => AgentLike)[] = [
      () => new undici6.ProxyAgent(url),
      () => new undici6.EnvHttpProxyAgent(proxies),
      () => new undici6.RetryAgent(new undici6.ProxyAgent(url)),
      () => new undici7.ProxyAgent(url),
      () => new ProxyAgent(url),
      () => new EnvHttpProxyAgent(proxies),
    ];
    const codes: unknown[] = [];
    for (const make of makers) {
      try {
        const agent = make();
        await using _manager = new ConnectorProxyManager({ serviceMapUrl: url, signatureKey: KEY, agent });
        codes.push(null);
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    }
    // Waits long enough for a connection. An agent that connects when it is created would do so in this time.
    await sleep(50);
    expect(codes).toEqual([...Array(3).fill('AGENT_INCOMPATIBLE'), null, null, null]);
    expect(connections).toBe(0);
  });
});

describe('an Agent of undici 7 or 8', () => {
  it.each<[string, (url: string) => AgentLike & { close(): Promise<void> }]>([
    ['7 ProxyAgent', (url) => new undici7.ProxyAgent(url)],
    ['7 EnvHttpProxyAgent', (url) => new undici7.EnvHttpProxyAgent({ httpProxy: url, httpsProxy: url })],
    ['8 ProxyAgent', (url) => new ProxyAgent(url)],
    ['8 EnvHttpProxyAgent', (url) => new EnvHttpProxyAgent({ httpProxy: url, httpsProxy: url })],
  ])(
    'an Agent of undici that is a proxy (%s) carries the requests for the map and to the connectors',
    async (_, make) => {
      await using proxy = await ProxyServer.start();
      await using mcp = await TestMcpServer.start(() => {});
      const agent = make(proxy.url());
      const large = [
        entry('one', { endpoint: mcp.url }),
        ...Array.from({ length: 400 }, (_none, index) => off(`c${index}`)),
      ];
      await using managed = await manage(large, { agent });
      await managed.manager.sync();
      await managed.publish([...large, off('another')]);
      const { connectors, loads } = managed.manager.status();
      expect(connectors[0]).toMatchObject({ state: 'ready' });
      expect(loads.map(({ thread }) => thread.replace(/\d+/, 'N'))).toEqual(['main', 'worker-N']);
      for (const { port } of [new URL(mcp.url), new URL(managed.server.url)])
        expect(proxy.asked.filter((line) => line.includes(`:${port}`))).not.toEqual([]);
      await managed.manager.close();
      await agent.close();
    },
  );

  it('an Agent of undici 8 carries the event stream and the messages of a connector over SSE', async () => {
    const asked = new Set<string>();
    await using agent = Object.assign(new Agent(), { [Symbol.asyncDispose]: () => agent.destroy() });
    const noting = agent.compose((dispatch) => (options: Dispatcher.DispatchOptions, handler) => {
      asked.add(`${options.method} ${options.path.replace(/\?.*/, '')}`);
      return dispatch(options, handler);
    });
    using servers = new NpmServers();
    const sse = entry('sse', { endpoint: await servers.everythingOverSse(), transport: 'sse' });
    await using managed = await manage([sse], { agent: noting });
    // Removes the request that the manager made when it was created, to check the Agent. It reached no server.
    asked.clear();
    await managed.manager.sync();
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready', transport: 'sse' });
    await managed.manager.callTool('sse.echo', { message: 'hi' });
    expect([...asked].sort()).toEqual(['GET /map', 'GET /sse', 'POST /message']);
  });

  it.each<[string, () => AgentLike & { close(): Promise<void> }]>([
    ['7 Agent', () => new undici7.Agent()],
    ['7 RetryAgent', () => new undici7.RetryAgent(new undici7.Agent()) as unknown as undici7.Agent],
    ['8 Agent', () => new Agent()],
    ['8 EnvHttpProxyAgent', () => new EnvHttpProxyAgent({ httpProxy: '', httpsProxy: '' })],
    ['8 RetryAgent', () => new RetryAgent(new Agent()) as unknown as Agent],
    ['8 composed', () => new Agent().compose((dispatch) => dispatch) as unknown as Agent],
  ])(
    'an Agent of undici 7 or 8 is used for the map and the connectors, and is not closed with the manager: %s',
    async (_, make) => {
      const agent = make();
      await using mcp = await TestMcpServer.start(() => {});
      await using managed = await manage([entry('one', { endpoint: mcp.url })], { agent });
      await managed.manager.sync();
      expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready' });
      await managed.manager.close();
      await using server = await FaultyServer.start(answer(mapNow()));
      await using again = mapUnderTest(server.url, { agent });
      await again.manager.sync();
      expect(again.manager.listConnectors()).toHaveLength(2);
      await agent.close();
    },
  );

  it('an Agent of undici 8 carries every request for the map and to the connectors, whatever the method', async () => {
    const asked: string[] = [];
    const inner = new Agent();
    const agent = inner.compose((dispatch) => (options: Dispatcher.DispatchOptions, handler) => {
      asked.push(`${options.method} ${options.path}`);
      return dispatch(options, handler);
    });
    await using mcp = await TestMcpServer.startWithSessions(() => {});
    await using managed = await manage([entry('one', { endpoint: mcp.url })], { agent });
    await managed.manager.sync();
    await managed.manager.sync(true);
    await managed.manager.close();
    expect(asked.filter((line) => line === 'GET /map')).toHaveLength(2);
    expect(asked).toContain('DELETE /mcp');
    const seen = mcp.requests.map(({ method, url }) => `${method} ${url}`);
    expect(asked.filter((line) => line.endsWith('/mcp'))).toEqual(seen);
    await inner.close();
  });

  it('with an Agent of undici 8, a worker still verifies the map, although the main thread fetches it', async () => {
    await using agent = Object.assign(new Agent(), { [Symbol.asyncDispose]: () => agent.destroy() });
    const large = Array.from({ length: 400 }, (_, index) => off(`c${index}`));
    await using server = await FaultyServer.start(answer(mapNow(large)));
    await using held = mapUnderTest(server.url, { agent, offload: 'always', timeoutMs: 3_000 });
    await held.manager.sync();
    const [load] = held.manager.status().loads;
    expect([load?.thread, (load?.phases.fetch ?? 0) > 0]).toEqual([expect.stringMatching(/^worker-/), true]);
  });

  it('an Agent of undici 8 overrides the options `tls` and `proxy`, and the manager logs a warning', async () => {
    await using held = mapUnderTest('http://map.invalid/', {
      agent: new ProxyAgent(closedPort),
      proxy: closedPort,
      tls: {},
    });
    expect(held.lines).toMatchObject([
      { level: 'warn', fields: { event: 'options-overruled', options: ['tls', 'proxy'] } },
    ]);
  });
});

describe('a manager with functions as options', () => {
  it('a manager calls `fetchImpl` on the main thread with the original request, while a worker verifies the map', async () => {
    const asked: [string, RequestInit | undefined][] = [];
    const fetchImpl = (async (url, init) => {
      asked.push([String(url), init]);
      return new Response(mapNow());
    }) as typeof fetch;
    await using held = mapUnderTest('http://map.invalid/', { fetchImpl, offload: 'always', timeoutMs: 3_000 });
    await held.manager.sync();
    const [url, init] = asked[0] ?? [];
    expect(url).toMatch(/^http:\/\/map\.invalid\/\?token=/);
    expect(init?.headers).toEqual({
      Accept: 'application/json',
      'Cache-Control': 'no-cache',
      Authorization: `Bearer ${secret('map')}`,
      traceparent: expect.stringMatching(/^00-/),
    });
    expect(init).toMatchObject({ method: 'GET', redirect: 'manual', signal: expect.any(AbortSignal) });
    expect(held.manager.status().loads[0]?.thread).toMatch(/^worker-/);
  });

  it('a manager calls its `sleep` option for the pauses of 50 and 100 ms between attempts to fetch the map', async () => {
    await using server = await FaultyServer.start((socket) => socket.destroy());
    await using held = mapUnderTest(server.url);
    await held.manager.sync().catch(() => {});
    expect(held.pauses).toEqual([50, 100]);
  });

  it('a manager uses the option `now` instead of `clock` if both are given', async () => {
    const at = Date.parse('2030-01-01T00:00:00Z');
    const fetchImpl = (async () =>
      new Response(mapNow([off('a')], { generatedAt: '2030-01-01T00:00:00Z' }))) as typeof fetch;
    await using held = mapUnderTest('http://map.invalid/', { fetchImpl, now: () => at, clock: { now: () => 0 } });
    await held.manager.sync();
    expect(held.manager.status().serviceMap.freshness).toBe('fresh');
  });
});
