import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import type { HostSide } from '../../../src/main/mcp/host-side.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type Answer, connectRaw, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

/** A legacy server that announces changes of its tools. */
const ANNOUNCING: Readonly<Record<string, Answer>> = {
  initialize: ({ result }) => result({ protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } } }),
};
const CHANGED = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };

// A stream opens two seconds after its connection. The tests run concurrently so that they wait at the same time.
describe.concurrent('the notification stream of a connection', () => {
  it('the notification stream of a legacy server carries list changes, and its opening counts as a list change', async () => {
    await using server = await RawMcpServer.start({ ...ANNOUNCING, GET: ({ events }) => events(CHANGED) });
    await using raw = await connectRaw(server);
    await eventually('two notices came', () => raw.changes.count === 2);
    expect(server.of('GET')[0]?.headers).toMatchObject({ accept: 'text/event-stream' });
  });

  it('the notification stream of a modern server carries list changes', async () => {
    const handler = createMcpHandler(() => {
      const server = new McpServer(
        { name: 'modern', version: '1' },
        { capabilities: { tools: { listChanged: true } } },
      );
      server.registerTool('one', {}, () => ({ content: [] }));
      return server;
    });
    const handle = toNodeHandler(handler);
    const server = createServer((request, response) => void handle(request as Parameters<typeof handle>[0], response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
    await using raw = await connectRaw({ url });
    expect(raw.connection.facts.era).toBe('modern');
    await eventually('the subscription is open', () => raw.changes.count === 1);
    handler.notify.toolsChanged();
    await eventually('the notice came', () => raw.changes.count === 2);
    server.closeAllConnections();
    server.close();
  });

  it('a notification stream is requested only if the server announces changes, and only once if the server has no streams', async () => {
    await using silent = await RawMcpServer.start();
    await using without = await RawMcpServer.start(ANNOUNCING);
    await using _one = await connectRaw(silent);
    await using two = await connectRaw(without);
    await eventually('it was asked for', () => without.of('GET').length === 1);
    // Waits long enough for another request. A stream that is opened again is requested a second after its rejection.
    await sleep(1_500);
    expect([silent.of('GET').length, without.of('GET').length, two.lost]).toEqual([0, 1, []]);
  });

  it('the notification stream opens immediately if the host declares that it answers requests of servers', async () => {
    const host: HostSide = { capabilities: { roots: {} }, answer: async () => ({ roots: [] }) };
    await using server = await RawMcpServer.start({
      GET: ({ events }) => events({ jsonrpc: '2.0', id: 1, method: 'roots/list' }),
    });
    await using patient = await RawMcpServer.start(ANNOUNCING);
    await using _other = await connectRaw(patient);
    await using _raw = await connectRaw(server, { host });
    await eventually('it is answered', () => server.requests.some(({ message }) => 'result' in message));
    // `patient` was connected first, but nothing needs its stream, so it opens two seconds after the connection.
    expect(patient.of('GET')).toHaveLength(0);
  });

  it('a notification stream that ends is opened again, and continues after the last event received', async () => {
    await using server = await RawMcpServer.start({
      ...ANNOUNCING,
      GET({ response }) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`id: e${server.of('GET').length}\n\n`);
        if (server.of('GET').length === 1) response.end();
      },
    });
    await using raw = await connectRaw(server);
    await eventually('it is open again', () => server.of('GET').length === 2);
    expect(server.of('GET').map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'e1']);
    await eventually('what was missed is asked for', () => raw.changes.count === 2);
  }, 10_000);

  it('a notification stream is requested again from a busy server, and an endless JSON response in its place is cut off', async () => {
    await using busy = await RawMcpServer.start({
      ...ANNOUNCING,
      GET: ({ response, events }) =>
        busy.of('GET').length === 1 ? void response.writeHead(503).end() : events(CHANGED),
    });
    let isCut = false;
    await using endless = await RawMcpServer.start({
      ...ANNOUNCING,
      GET({ response }) {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '.repeat(1_000)), 10);
        response.on('close', () => {
          clearInterval(timer);
          isCut = true;
        });
      },
    });
    await using one = await connectRaw(busy);
    await using _two = await connectRaw(endless);
    await eventually('the second answer is a stream', () => one.changes.count === 2);
    await eventually('the other is cut off', () => isCut);
  }, 15_000);

  it.each<[string, Answer]>([
    ['404', ({ response }) => void response.writeHead(404).end()],
    ['400', ({ response }) => void response.writeHead(400).end()],
    ['501', ({ response }) => void response.writeHead(501).end()],
    ['JSON', ({ response }) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{}')],
    ['a broken connection', ({ response }) => void response.destroy()],
  ])(
    'a notification stream is requested again if the server answers its first or a later request with %s',
    async (_, refuse) => {
      const early = await RawMcpServer.start({
        ...ANNOUNCING,
        GET: (request) => (early.of('GET').length === 1 ? refuse(request) : request.events(CHANGED)),
      });
      const late = await RawMcpServer.start({
        ...ANNOUNCING,
        GET: (request) => {
          if (late.of('GET').length === 2) return refuse(request);
          request.events(CHANGED);
          if (late.of('GET').length === 1) request.response.end();
        },
      });
      await using one = await connectRaw(early);
      await using two = await connectRaw(late);
      await eventually('both are open', () => early.of('GET').length === 2 && late.of('GET').length === 3, 20_000);
      expect([one.lost, two.lost]).toEqual([[], []]);
      await Promise.all([early[Symbol.asyncDispose](), late[Symbol.asyncDispose]()]);
    },
    25_000,
  );

  it('a notification stream is not requested again before the Retry-After of the server is over', async () => {
    await using server = await RawMcpServer.start({
      ...ANNOUNCING,
      GET: ({ response }) => void response.writeHead(429, { 'retry-after': '60' }).end(),
    });
    await using _raw = await connectRaw(server);
    await eventually('it was asked for', () => server.of('GET').length === 1);
    // Waits long enough for another request, which would follow after 2 s without `Retry-After`.
    await sleep(2_500);
    expect(server.of('GET')).toHaveLength(1);
  }, 10_000);

  it('a connection ends if its notification stream gets a 404, or if the server cannot be reached any more', async () => {
    const once: Answer = ({ response, events }) => {
      events();
      response.end();
    };
    await using forgetful = await RawMcpServer.start({
      initialize: ({ result, response }) => {
        response.setHeader('mcp-session-id', 's-1');
        result({ protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } } });
      },
      GET: (request) => (forgetful.of('GET').length === 1 ? once(request) : void request.response.writeHead(404).end()),
    });
    const dying = await RawMcpServer.start({ ...ANNOUNCING, GET: once });
    await using one = await connectRaw(forgetful);
    await using two = await connectRaw(dying);
    await eventually('both were open', () => forgetful.of('GET').length > 0 && dying.of('GET').length > 0);
    await dying[Symbol.asyncDispose]();
    await eventually('both are told', () => one.lost.length === 1 && two.lost.length === 1);
    expect([one.lost[0]?.message, two.lost[0]?.message]).toEqual([
      'The server no longer knows the session',
      'The server is no longer reachable',
    ]);
  }, 15_000);
});
