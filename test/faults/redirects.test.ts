import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { secret } from '../helpers/evidence.ts';
import { answer, FaultyServer, redirectTo } from '../helpers/faulty-server.ts';
import { manage } from '../helpers/manager.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';
import { type AddTools, TestMcpServer } from '../helpers/mcp-server.ts';
import { entry } from '../helpers/signed-map.ts';

/** Redirects every request. */
async function redirector(status: number, location: (request: IncomingMessage) => string) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(status, { location: location(request) }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { url, requests, [Symbol.asyncDispose]: async () => void server.close() };
}

/** Loopback addresses in spellings that a filter for names and dotted quads would miss. */
const SPELLINGS = ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0177.0.0.1', '127.1'];

describe('a load of the map', () => {
  it.each([301, 302, 303, 307, 308])(
    'a load of a map does not follow a redirect with status %d, even if it leads to a valid map',
    async (status) => {
      await using elsewhere = await FaultyServer.start(answer(mapNow()));
      await using server = await redirector(status, () => elsewhere.url);
      await using held = mapUnderTest(server.url, { timeoutMs: 10_000 });
      await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_REDIRECTED', detail: { status } });
      expect([server.requests.length, elsewhere.requests.length]).toEqual([3, 0]);
      // The key is sent only to the configured origin.
      expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${secret('map')}`);
    },
  );

  it.each(SPELLINGS)(
    'fault 24: a load of a map does not follow a redirect to %s, on the main thread or a worker thread',
    async (host) => {
      await using elsewhere = await FaultyServer.start(answer(mapNow()));
      const { port } = new URL(elsewhere.url);
      await using server = await FaultyServer.start(redirectTo(`http://${host}:${port}/map`));
      for (const offload of ['never', 'always'] as const) {
        // The timeout is long, so that each attempt gets its response even on a busy machine.
        await using held = mapUnderTest(server.url, { offload, timeoutMs: 10_000 });
        await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_REDIRECTED' });
      }
      expect([server.requests.length, elsewhere.requests]).toEqual([6, []]);
    },
  );

  it('fault 23: a load of a map does not follow a redirect within the same origin', async () => {
    await using server = await FaultyServer.start((socket, request) => {
      const isFirst = request.startsWith('GET /map');
      (isFirst ? redirectTo('/other') : answer(mapNow()))(socket, request);
    });
    await using held = mapUnderTest(server.url);
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_REDIRECTED' });
    expect(server.requests.map((request) => request.startsWith('GET /map?'))).toEqual([true, true, true]);
  });

  it('a load of a map calls `fetchImpl` with `redirect: "manual"`, and does not follow the redirect that it returns', async () => {
    const asked: (RequestInit | undefined)[] = [];
    const fetchImpl = (async (_url, init) => {
      asked.push(init);
      return new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    }) as typeof fetch;
    await using held = mapUnderTest('http://map.invalid/', { fetchImpl });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_REDIRECTED' });
    expect(asked[0]?.redirect).toBe('manual');
  });
});

const addEcho: AddTools = (server) =>
  void server.registerTool('echo', { inputSchema: z.object({}) }, () => ({ content: [] }));

const AUTHS = [
  ['x-api-key', { type: 'apiKey', headerName: 'x-api-key' }, secret('connectors')],
  ['authorization', { type: 'bearer' }, `Bearer ${secret('connectors')}`],
] as const;
const KEYS = { connectorsApiKey: secret('connectors'), proxy: false, offload: 'never' } as const;

describe.each(AUTHS)('a redirect of a connector that gets its key as %s', (header, auth, value) => {
  it.each([301, 302, 303, 307, 308])(
    'fault 25: a connector does not follow a redirect with status %d to another origin',
    async (status) => {
      await using elsewhere = await TestMcpServer.start(addEcho);
      await using server = await redirector(status, () => elsewhere.url);
      await using managed = await manage([entry('moved', { endpoint: server.url, auth })], KEYS);
      await managed.manager.sync();
      expect(managed.manager.status().connectors[0]).toMatchObject({
        state: 'backing-off',
        lastError: { code: 'CONNECTOR_REDIRECTED' },
      });
      expect(elsewhere.requests).toEqual([]);
      expect(server.requests[0]?.headers[header]).toBe(value);
    },
  );

  it.each([301, 302, 303, 307, 308])(
    'fault 25: a tool call does not follow a redirect with status %d to another origin',
    async (status) => {
      await using elsewhere = await TestMcpServer.start(addEcho);
      await using server = await TestMcpServer.startWithSessions(addEcho);
      await using managed = await manage([entry('one', { endpoint: server.url, era: 'legacy', auth })], KEYS);
      await managed.manager.sync();
      server.spoilMatching('tools/call', (_, response) =>
        response.writeHead(status, { location: elsewhere.url }).end(),
      );
      await expect(managed.manager.callTool('one.echo')).rejects.toMatchObject({ detail: { status } });
      expect(elsewhere.requests).toEqual([]);
      const called = server.requests.at(-1);
      expect([called?.headers[header], server.sessions.has(String(called?.headers['mcp-session-id']))]).toEqual([
        value,
        true,
      ]);
    },
  );
});

it('fault 25: a connector follows a redirect within its origin, and sends its key to the new URL', async () => {
  await using real = await TestMcpServer.start(addEcho);
  real.redirectFrom('/old');
  const endpoint = real.url.replace('/mcp', '/old');
  const moved = entry('moved', { endpoint, auth: { type: 'bearer' } });
  await using managed = await manage([moved], KEYS);
  await managed.manager.sync();
  expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready' });
  const arrived = real.requests.filter(({ url }) => url === '/mcp');
  expect(arrived.length).toBeGreaterThan(0);
  expect(new Set(arrived.map(({ headers }) => headers.authorization))).toEqual(
    new Set([`Bearer ${secret('connectors')}`]),
  );
});
