import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startConformanceServer } from '../../fixtures/conformance-server/start.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { eventsOf, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const BYTES = 3_000_000;
const text = 'ü"\\\n{}[],:'.repeat(BYTES / 10);
const result = { content: [{ type: 'text', text }], isError: false, structuredContent: { result: [1, { id: 2 }] } };

/** The forms in which a connector may answer with a large result, by name. */
const large: Readonly<Record<string, Answer>> = {
  json: ({ result: answer }) => answer(result),
  'pretty JSON': ({ response, message }) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ result, id: message.id, jsonrpc: '2.0' }, null, 2));
  },
  event: ({ events, response, message }) => {
    events({ jsonrpc: '2.0', id: message.id, result });
    response.end();
  },
  'event after a notification': ({ events, response, message }) => {
    const progressToken = (message.params?._meta as { progressToken?: unknown } | undefined)?.progressToken;
    events({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } });
    events({ jsonrpc: '2.0', id: message.id, result });
    response.end();
  },
};

describe.each(Object.keys(large))('a large result that comes as %s', (form) => {
  it('a large result is forwarded unchanged to legacy and modern clients', async () => {
    await using server = await RawMcpServer.start({ 'tools/call': large[form] as Answer });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const params = { name: 'a__echo', _meta: { progressToken: 1 } };
    const legacy = await postLegacy(url, 'tools/call', params, { id: 'q' });
    expect(legacy.messages.at(-1)).toEqual({ jsonrpc: '2.0', id: 'q', result });
    const modern = await postModern(url, 'tools/call', params, { meta: params._meta });
    expect(modern.result).toEqual({ resultType: 'complete', ...result });
    const events = await postLegacy(url, 'tools/call', params, { headers: { accept: 'text/event-stream' } });
    expect(events.result).toEqual(result);
  });
});

describe('a large result', () => {
  it('a large result cannot add events to the event stream of a client, even if its JSON contains line breaks', async () => {
    const forged = 'data: {"jsonrpc":"2.0","id":2,"result":{"forged":true}}';
    await using server = await RawMcpServer.start({
      'tools/call': ({ response, message }) => {
        response.setHeader('content-type', 'application/json');
        const content = JSON.stringify([{ type: 'text', text: 'x'.repeat(100_000) }]);
        response.end(`{"jsonrpc":"2.0","id":${message.id},"result":{"content":${content},\n\n${forged}\n\n"a":1}}`);
      },
    });
    await using world = await startGateway({ a: remote(server) });
    const response = await fetch(`${world.listener.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } }),
    });
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data:'));
    expect(lines).toHaveLength(1);
  });

  it('a client gets no complete response if a large result breaks off', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response, message }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(
          `{"jsonrpc":"2.0","id":${message.id},"result":{"content":[{"type":"text","text":"${'x'.repeat(200_000)}`,
        );
        setTimeout(() => response.destroy(), 50);
      },
    });
    await using world = await startGateway({ a: remote(server) });
    await expect(postLegacy(`${world.listener.url}/mcp`, 'tools/call', { name: 'a__echo' })).rejects.toThrow();
    expect(world.gateway.server.running).toBe(0);
  });

  it('a client gets no complete response if a large result exceeds the size limit', async () => {
    await using server = await RawMcpServer.start({ 'tools/call': large.json as Answer });
    await using world = await startGateway({ a: remote(server) }, { manager: { maxResultBytes: 1_000_000 } });
    await expect(postLegacy(`${world.listener.url}/mcp`, 'tools/call', { name: 'a__echo' })).rejects.toThrow();
  });

  it('the gateway does not buffer a large result for a client that reads slowly, but makes the server wait', async () => {
    let written = 0;
    await using server = await RawMcpServer.start({
      'tools/call': async ({ response, message }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(`{"jsonrpc":"2.0","id":${message.id},"result":{"content":[{"type":"text","text":"`);
        const chunk = 'y'.repeat(100_000);
        for (; written < 20_000_000; written += chunk.length)
          if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
        response.end('"}]}}');
      },
    });
    await using world = await startGateway({ a: remote(server) });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } });
    const headers = { 'content-type': 'application/json' };
    const chunks: Buffer[] = [];
    const ended = Promise.withResolvers<void>();
    const client = request(`${world.listener.url}/mcp`, { method: 'POST', headers }, (response) => {
      response.pause();
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => ended.resolve());
      setTimeout(() => response.resume(), 700);
    });
    client.end(body);
    await eventually('it has begun', () => written > 0);
    await sleep(500);
    // Several megabytes are in the buffers of the kernel on both sides.
    expect(written).toBeLessThan(15_000_000);
    await ended.promise;
    expect(JSON.parse(Buffer.concat(chunks).toString()).result.content[0].text).toHaveLength(20_000_000);
  });

  it('the gateway forwards a large result that comes over an event stream from a server with the official SDK', async () => {
    await using fixture = await startConformanceServer();
    await using world = await startGateway({ fx: remote(fixture) });
    const params = { name: 'fx__test_big_result', arguments: { bytes: BYTES } };
    const { result: passed } = await postModern(`${world.listener.url}/mcp`, 'tools/call', params);
    expect((passed.content as [{ text: string }])[0].text).toHaveLength(BYTES);
  });
});

it('eventsOf() returns the data of all events, and ignores comments (self-test of the helper)', () => {
  expect(eventsOf('event: message\ndata: {"a":1}\n\n: still there\n\ndata: {"b":2}\n\n')).toEqual([{ a: 1 }, { b: 2 }]);
});
