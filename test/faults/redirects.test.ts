import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { secret } from '../helpers/evidence.ts';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { manage } from '../helpers/manager.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';
import { TestMcpServer } from '../helpers/mcp-server.ts';
import { entry } from '../helpers/signed-map.ts';

/** Sends everything elsewhere. */
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

describe('a redirect of the map', () => {
  it.each([301, 302, 303, 307, 308])('%d is not followed, not even to a good map', async (status) => {
    await using elsewhere = await FaultyServer.start(answer(mapNow()));
    await using server = await redirector(status, () => elsewhere.url);
    await using held = mapUnderTest(server.url);
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_REDIRECTED', detail: { status } });
    expect([server.requests.length, elsewhere.requests.length]).toEqual([3, 0]);
  });

  it("is handed to a caller's own fetch with the wish not to follow it", async () => {
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

describe('a redirect of a connector', () => {
  it.each([301, 302, 307, 308])(
    '%d to another origin is not followed, and nothing of ours goes there',
    async (status) => {
      await using elsewhere = await TestMcpServer.start(() => {});
      await using server = await redirector(status, () => elsewhere.url);
      const auth = { type: 'apiKey', headerName: 'x-api-key' };
      await using managed = await manage([entry('moved', { endpoint: server.url, auth })], {
        connectorsApiKey: secret('connectors'),
      });
      await managed.manager.sync();
      expect(managed.manager.status().connectors[0]).toMatchObject({
        state: 'backing-off',
        lastError: { code: 'CONNECTOR_REDIRECTED' },
      });
      expect(elsewhere.requests).toEqual([]);
      expect(server.requests[0]?.headers['x-api-key']).toBe(secret('connectors'));
    },
  );

  it('to the same origin is followed', async () => {
    await using real = await TestMcpServer.start(() => {});
    real.redirectFrom('/old');
    const endpoint = real.url.replace('/mcp', '/old');
    await using managed = await manage([entry('moved', { endpoint })]);
    await managed.manager.sync();
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready' });
  });
});
