/**
 * Defects of the manager that this project replaces, by their numbers in its defect list (rows 1–4, 7 and 14–20). Each
 * test checks the correct behavior. Other suites test most of them in more detail.
 */
import { createHmac } from 'node:crypto';
import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { answer, FaultyServer } from '../../helpers/faulty-server.ts';
import { manage } from '../../helpers/manager.ts';
import { mapNow, mapUnderTest, off } from '../../helpers/map-under-test.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { NpmServers } from '../../helpers/npm-servers.ts';
import { entry, KEY, mapOf, NOW, signed } from '../../helpers/signed-map.ts';

const at = (ms: number, id: string): Uint8Array =>
  signed(mapOf([off(id)], { generatedAt: new Date(ms).toISOString(), ttlSeconds: 60 }));

describe('defects of the replaced manager that are fixed in this manager', () => {
  it('connectors connect with the proxy object that the package creates (fixes defect 1 of the replaced manager)', async () => {
    await using mcp = await TestMcpServer.start(() => {});
    await using managed = await manage([entry('one', { endpoint: mcp.url })]);
    await managed.manager.sync();
    expect(managed.manager.status().connectors).toMatchObject([{ state: 'ready' }]);
  });

  it('all requests of a connector go through the `agent`, not only POST (fixes defect 2 of the replaced manager)', async () => {
    let dispatched = 0;
    const inner = new Agent();
    const agent = inner.compose((dispatch) => (options, handler) => {
      dispatched += 1;
      return dispatch(options, handler);
    });
    using servers = new NpmServers();
    await using mcp = await TestMcpServer.startWithSessions(() => {});
    const sse = entry('sse', { endpoint: await servers.everythingOverSse(), transport: 'sse' });
    await using managed = await manage([entry('one', { endpoint: mcp.url }), sse], { agent });
    await managed.manager.sync();
    expect(managed.manager.status().connectors.map(({ state }) => state)).toEqual(['ready', 'ready']);
    // The requests also include the one for the map. The SSE connector has an open GET, and sends its messages with
    // POST requests in parallel.
    expect(dispatched).toBeGreaterThan(mcp.requests.length + managed.server.requests.length + 3);
    await managed.manager.close();
    await inner.destroy();
  });

  it('an expired map is served if no new map can be fetched (fixes defects 3 and 4 of the replaced manager)', async () => {
    let now = NOW;
    await using server = await FaultyServer.start(answer(at(NOW, 'first')));
    await using held = mapUnderTest(server.url, { now: () => now });
    await held.manager.sync();
    now = NOW + 1_000;
    server.behave(answer(at(NOW + 1_000, 'second')));
    await held.manager.sync(true);
    now = NOW + 100_000;
    server.behave(answer('', 'HTTP/1.1 500 X\r\n'));
    const before = server.requests.length;
    await held.manager.sync();
    expect(server.requests.length - before).toBe(3);
    expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['second']);
  });

  it('a fresh map is still served while the circuit is open (fixes defect 7 of the replaced manager)', async () => {
    await using server = await FaultyServer.start(answer(mapNow()));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    server.behave(answer('', 'HTTP/1.1 500 X\r\n'));
    for (let refresh = 0; refresh < 3; refresh += 1) await held.manager.sync(true).catch(() => {});
    const before = server.requests.length;
    await expect(held.manager.sync()).resolves.toBeUndefined();
    expect([held.manager.status().serviceMap.circuit, server.requests.length]).toEqual(['open', before]);
  });

  it('all pages of a tool list are read (fixes defect 14 of the replaced manager)', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `tool${index}`);
    await using mcp = await TestMcpServer.start((server) => {
      for (const name of names) server.registerTool(name, { inputSchema: z.object({}) }, () => ({ content: [] }));
      server.server.setRequestHandler('tools/list', ({ params }) => {
        const start = Number(params?.cursor ?? 0);
        const tools = names.slice(start, start + 5).map((name) => ({ name, inputSchema: { type: 'object' as const } }));
        return { tools, ...(start + 5 < names.length && { nextCursor: String(start + 5) }) };
      });
    });
    await using real = await manage([entry('paged', { endpoint: mcp.url })]);
    await real.manager.sync();
    expect(real.manager.listTools()).toHaveLength(20);
  });

  it('two overlapping syncs send one request, and both see the tools (fixes defect 15 of the replaced manager)', async () => {
    await using mcp = await TestMcpServer.start((server) => {
      server.registerTool('echo', { inputSchema: z.object({}) }, () => ({ content: [] }));
    });
    await using managed = await manage([entry('one', { endpoint: mcp.url })]);
    const tools = await Promise.all(
      [1, 2].map(async () => {
        await managed.manager.sync(true);
        return managed.manager.listTools().length;
      }),
    );
    expect([tools, managed.server.requests.length]).toEqual([[1, 1], 1]);
  });

  it('the signature of a map also covers unknown members (fixes defect 16 of the replaced manager)', async () => {
    const signedExtra = mapNow([off('a')], { extra: { of: 'the publisher' } });
    await using server = await FaultyServer.start(answer(signedExtra));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.listConnectors()).toHaveLength(1);
    const injected = new TextDecoder().decode(mapNow([off('b')])).replace('{', '{"extra":1,');
    server.behave(answer(injected));
    await held.manager.sync(true);
    expect(held.manager.status().serviceMap.lastError?.code).toBe('MAP_SIGNATURE_MISMATCH');
  });

  it('the canonical form sorts keys by code unit, whatever the locale (fixes defect 17 of the replaced manager)', async () => {
    const generatedAt = new Date().toISOString();
    const canonical = `{"brand":"test","connectors":[],"generatedAt":"${generatedAt}","id":"x","metadata":{"B":1,"Z":2,"a":3,"ä":4},"ttlSeconds":60}`;
    const signature = createHmac('sha256', KEY).update(canonical).digest('base64url');
    await using server = await FaultyServer.start(answer(canonical.replace(/}$/, `,"signature":"${signature}"}`)));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect(held.manager.status().serviceMap.freshness).toBe('fresh');
  });

  it('an expired map is not accepted, even with a valid signature (fixes defect 18 of the replaced manager)', async () => {
    await using server = await FaultyServer.start(answer(at(NOW, 'a')));
    await using held = mapUnderTest(server.url, { now: () => NOW + 60_000 });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_EXPIRED' });
  });

  it('the deadline of a load also covers the body of the map (fixes defect 19 of the replaced manager)', async () => {
    await using server = await FaultyServer.start((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'),
    );
    await using held = mapUnderTest(server.url, { timeoutMs: 100 });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_TIMEOUT' });
  });

  it('an error that sync() throws has a code and a cause (fixes defect 20 of the replaced manager)', async () => {
    await using server = await FaultyServer.start((socket) => socket.destroy());
    await using held = mapUnderTest(server.url);
    const error = await held.manager.sync().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'ConnectorManifestError',
      code: 'MAP_CONNECTION_LOST',
      cause: { cause: { code: expect.any(String) } },
    });
  });
});
