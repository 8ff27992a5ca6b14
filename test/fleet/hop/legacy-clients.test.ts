import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { startHopWorld } from '../../helpers/fleet/hop-world.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { openSession, openStream, post, streamPost } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';

type Json = Readonly<Record<string, unknown>>;

const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };

/** Starts a connector that sends a server request in the middle of each call, and returns the response to it. */
async function startAsking(method: string, params: Json = {}): Promise<RawMcpServer> {
  const calls: RawRequest[] = [];
  const call: Answer = (request) => {
    calls.push(request);
    request.events({ jsonrpc: '2.0', id: `q-${calls.length}`, method, params });
  };
  const answer: Answer = ({ response, message }) => {
    response.writeHead(202).end();
    const asked = calls[Number(String(message.id).slice(2)) - 1];
    const text = JSON.stringify(message.result ?? message.error);
    asked?.events({ jsonrpc: '2.0', id: asked.message.id, result: { content: [{ type: 'text', text }] } });
  };
  return await RawMcpServer.start({ 'tools/call': call, answer });
}

const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } };

describe('a legacy client behind a load balancer without session affinity', () => {
  for (const [method, params, result] of [
    ['elicitation/create', { message: '?', requestedSchema: { type: 'object', properties: {} } }, { action: 'accept' }],
    ['sampling/createMessage', { messages: [], maxTokens: 1 }, { role: 'assistant', content: [], model: 'm' }],
  ] as const) {
    it(`a legacy client can answer ${method} at a replica other than the one that asked, and its call continues`, async () => {
      await using server = await startAsking(method, params);
      await using world = await startHopWorld(3, { a: remote(server) });
      const session = await openSession(world.at(0).mcp, CAPABILITIES);
      await using stream = await streamPost(world.at(1).mcp, CALL, session.headers);
      await eventually('it is asked', () => stream.messages.length === 1);
      const { id } = stream.messages[0] as { id: string };
      expect(id).toContain(world.at(1).fleet.hostId);
      const answered = await post(world.at(2).mcp, { jsonrpc: '2.0', id, result }, { headers: session.headers });
      expect(answered.status).toBe(202);
      await eventually('the call goes on', () => stream.messages.length === 2);
      const [content] = (stream.messages[1] as { result: { content: { text: string }[] } }).result.content;
      expect(JSON.parse(content?.text ?? '')).toMatchObject(result);
    });
  }

  it('a legacy client can send results and errors at another replica, even in a batch of protocol 2025-03-26', async () => {
    await using server = await startAsking('roots/list');
    await using world = await startHopWorld(2, { a: remote(server) });
    const initialize = {
      protocolVersion: '2025-03-26',
      capabilities: CAPABILITIES,
      clientInfo: { name: 't', version: '1' },
    };
    const opened = await post(world.at(0).mcp, { jsonrpc: '2.0', id: 0, method: 'initialize', params: initialize });
    const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    await using stream = await streamPost(world.at(0).mcp, CALL, headers);
    await using other = await streamPost(world.at(0).mcp, { ...CALL, id: 2 }, headers);
    await eventually('both are asked', () => stream.messages.length === 1 && other.messages.length === 1);
    const batch = [
      { jsonrpc: '2.0', id: stream.messages[0]?.id, result: { roots: [] } },
      { jsonrpc: '2.0', id: other.messages[0]?.id, error: { code: -1, message: 'no' } },
    ];
    expect((await post(world.at(1).mcp, batch, { headers })).status).toBe(202);
    await eventually('both go on', () => stream.messages.length === 2 && other.messages.length === 2);
    expect(JSON.stringify(stream.messages[1])).toContain('roots');
    expect(JSON.stringify(other.messages[1])).toContain('no');
  });

  it('a legacy client can cancel a request at a replica other than the one that serves the request', async () => {
    await using server = await RawMcpServer.start({ 'tools/call': () => {} });
    await using world = await startHopWorld(3, { a: remote(server) });
    const session = await openSession(world.at(0).mcp, {});
    const called = streamPost(world.at(1).mcp, { ...CALL, id: 'long' }, session.headers);
    await eventually('it is called', () => server.of('tools/call').length === 1);
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'long' } };
    expect((await post(world.at(2).mcp, cancel, { headers: session.headers })).status).toBe(202);
    await eventually('the connector is notified', () => server.of('notifications/cancelled').length === 1);
    await using _stream = await called;
  });

  it('a legacy client gets 202 for a cancellation or response that belongs to no open request', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startHopWorld(2, { a: remote(server) });
    const session = await openSession(world.at(0).mcp, CAPABILITIES);
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } };
    expect((await post(world.at(1).mcp, cancel, { headers: session.headers })).status).toBe(202);
    for (const id of [`switchyard-${world.at(0).fleet.hostId}-9`, 'switchyard-nobody-1', 'switchyard-1', 7]) {
      const late = { jsonrpc: '2.0', id, result: {} };
      expect((await post(world.at(1).mcp, late, { headers: session.headers })).status).toBe(202);
    }
  });

  it('a legacy client can neither answer requests of another session nor cancel calls of another session', async () => {
    await using server = await startAsking('roots/list');
    await using world = await startHopWorld(2, { a: remote(server) });
    const session = await openSession(world.at(0).mcp, CAPABILITIES);
    const thief = await openSession(world.at(1).mcp, CAPABILITIES);
    await using stream = await streamPost(world.at(0).mcp, CALL, session.headers);
    await eventually('it is asked', () => stream.messages.length === 1);
    const stolen = { jsonrpc: '2.0', id: stream.messages[0]?.id, result: { roots: [{ uri: 'file:///stolen' }] } };
    await post(world.at(1).mcp, stolen, { headers: thief.headers });
    await post(
      world.at(1).mcp,
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
      { headers: thief.headers },
    );
    await post(world.at(1).mcp, { ...stolen, result: { roots: [] } }, { headers: session.headers });
    await eventually('it goes on', () => stream.messages.length === 2);
    expect(JSON.stringify(stream.messages[1])).not.toContain('stolen');
    expect(stream.messages[1]?.result).toBeDefined();
  });

  it('server requests that arrive at one replica reach a legacy client over its stream at another replica', async () => {
    await using server = await RawMcpServer.start({ GET: ({ events }) => events() });
    await using world = await startHopWorld(2, { a: remote(server) });
    const session = await openSession(world.at(0).mcp, CAPABILITIES);
    await using standing = await openStream(world.at(1).mcp, {
      headers: { ...session.headers, accept: 'text/event-stream' },
    });
    await eventually('both have a stream at the connector', () => server.of('GET').length === 2);
    for (const get of server.of('GET')) get.events({ jsonrpc: '2.0', id: 'alone', method: 'roots/list', params: {} });
    await eventually(
      'it is asked by both',
      () => standing.messages.filter(({ method }) => method === 'roots/list').length === 2,
    );
    for (const { id } of standing.messages.filter(({ method }) => method === 'roots/list'))
      await post(
        world.at(0).mcp,
        { jsonrpc: '2.0', id, result: { roots: [{ uri: 'file:///r' }] } },
        { headers: session.headers },
      );
    await eventually(
      'both connections are answered',
      () => server.of('POST').filter(({ message }) => message.id === 'alone').length === 2,
    );
    for (const { message } of server.of('POST').filter(({ message: { id } }) => id === 'alone'))
      expect(message.result).toEqual({ roots: [{ uri: 'file:///r' }] });
  });

  it('a legacy client that ends its session at one replica has no session at any replica', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startHopWorld(3, { a: remote(server) });
    const session = await openSession(world.at(0).mcp, {});
    const ping = (index: number) =>
      post(world.at(index).mcp, { jsonrpc: '2.0', id: 1, method: 'ping' }, { headers: session.headers });
    expect((await ping(1)).status).toBe(200);
    const ended = await fetch(world.at(1).mcp, { method: 'DELETE', headers: session.headers });
    expect(ended.status).toBe(200);
    for (const index of [0, 1, 2]) expect((await ping(index)).status).toBe(404);
  });
});
