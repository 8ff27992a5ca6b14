import { describe, expect, it } from 'vitest';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { envelope, openSession, post, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('a client that writes paths or headers in an unusual way', () => {
  it.each(['/mcp', '/mcp/', '/mcp?x=1', '/mcp/?x=1', '/c/a/mcp/', '/r/some/mcp/'])(
    'legacy and modern clients are served at the path %s',
    async (path) => {
      await using server = await RawMcpServer.start();
      await using world = await startGateway({ a: remote(server) }, { gateway: { routes: { some: ['a__*'] } } });
      const url = world.listener.url + path;
      expect((await postLegacy(url, 'ping')).result).toEqual({});
      expect((await postModern(url, 'tools/list')).result.tools).toHaveLength(1);
      expect((await openSession(url)).id).not.toBe('');
      expect((await fetch(`${world.listener.url}/healthz/`)).status).toBe(200);
      expect((await fetch(`${world.listener.url}/readyz/`)).status).toBe(200);
      expect((await postLegacy(`${world.listener.url}/mcp//`, 'ping')).status).toBe(404);
    },
  );

  it('a client needs its token even if the path ends with a slash', async () => {
    await using world = await startGateway({}, { listener: { tokens: ['t'.repeat(20)] } });
    const refused = await postLegacy(`${world.listener.url}/mcp/`, 'ping');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it.each([
    ['APPLICATION/JSON, Text/Event-Stream', 200, 'application/json'],
    ['application/json;q=0.5, text/event-stream;q=0.4', 200, 'application/json'],
    ['*/*;q=0.1', 200, 'application/json'],
    ['*', 200, 'application/json'],
    ['text/event-stream, application/json;q=0', 200, 'text/event-stream'],
    ['text/plain', 406, 'application/json'],
  ])('a client whose Accept header is "%s" gets status %i with content type %s', async (accept, status, type) => {
    await using world = await startGateway({});
    const answered = await post(`${world.listener.url}/mcp`, PING, { headers: { accept } });
    expect([answered.status, answered.headers.get('content-type')]).toEqual([status, type]);
  });

  it.each(['Application/JSON', 'application/json;charset=UTF-8', 'APPLICATION/JSON ; charset="utf-8"'])(
    'a client may write the content type of its body as %s',
    async (type) => {
      await using world = await startGateway({});
      expect((await post(`${world.listener.url}/mcp`, PING, { headers: { 'content-type': type } })).status).toBe(200);
    },
  );

  it('a client may repeat protocol headers, send them empty, or begin its body with a byte order mark', async () => {
    await using world = await startGateway({});
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url);
    for (const headers of [
      { 'mcp-session-id': `${session.id}, ${session.id}`, 'mcp-protocol-version': '2025-11-25,2025-11-25' },
      { 'mcp-session-id': session.id, 'mcp-protocol-version': '' },
      { 'MCP-SESSION-ID': session.id, 'Mcp-Protocol-Version': '\t2025-11-25 ' },
      { 'mcp-session-id': '' },
    ])
      expect((await post(url, PING, { headers })).result).toEqual({});
    expect((await post(url, `\ufeff${JSON.stringify(PING)}`)).result).toEqual({});
    const message = { ...PING, method: 'tools/list', params: { _meta: envelope() } };
    const twice = { 'mcp-protocol-version': '2026-07-28, 2026-07-28', 'mcp-method': 'tools/list, tools/list' };
    expect((await post(url, message, { headers: twice })).result.tools).toEqual([]);
    const differing = { ...twice, 'mcp-protocol-version': '2026-07-28, 2025-11-25' };
    expect((await post(url, message, { headers: differing })).error.code).toBe(-32_020);
  });

  it('a client that falls back to the legacy handshake may still send the header of the modern protocol', async () => {
    await using world = await startGateway({});
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const headers = { 'mcp-protocol-version': '2026-07-28' };
    const answered = await postLegacy(`${world.listener.url}/mcp`, 'initialize', params, { headers });
    expect(answered.result).toMatchObject({ protocolVersion: '2025-11-25' });
  });
});

describe('a client that writes null for optional fields', () => {
  it('a client that writes null for optional fields gets the same results as a client that leaves the fields out', async () => {
    await using server = await RawMcpServer.start({
      initialize: ({ result }) =>
        result({
          protocolVersion: '2025-11-25',
          capabilities: { tools: {}, prompts: {}, completions: {} },
          serverInfo: { name: 'raw', version: '1' },
        }),
      'prompts/get': ({ result, message }) => result({ messages: [], seen: message.params }),
      'completion/complete': ({ result, message }) => result({ completion: { values: [] }, seen: message.params }),
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    for (const params of [{ cursor: null }, { cursor: null, _meta: null }]) {
      expect((await postLegacy(url, 'tools/list', params)).result.tools).toHaveLength(1);
      for (const list of ['prompts/list', 'resources/list', 'resources/templates/list'])
        expect((await postLegacy(url, list, params)).result).toBeDefined();
    }
    expect((await postModern(url, 'tools/list', { cursor: null })).result.tools).toHaveLength(1);
    expect((await post(url, { jsonrpc: '2.0', id: 1.5, method: 'tools/list', params: null })).messages).toMatchObject([
      { id: 1.5, result: { tools: [{}] } },
    ]);
    const called = await postLegacy(url, 'tools/call', { name: 'a__echo', arguments: null, _meta: null });
    expect(JSON.stringify(called.result)).toContain('\\"arguments\\":{}');
    const prompt = { name: 'a__p', arguments: null };
    expect((await postLegacy(url, 'prompts/get', prompt)).result.seen).toEqual({ name: 'p' });
    const ref = { type: 'ref/prompt', name: 'a__p', title: null };
    const completed = await postLegacy(url, 'completion/complete', {
      ...{ ref, argument: { name: 'x', value: '' }, context: { arguments: null } },
    });
    expect(completed.result.seen).toEqual({
      ...{ ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'x', value: '' }, context: {} },
    });
  });
});
