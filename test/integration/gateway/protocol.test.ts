import { describe, expect, it } from 'vitest';
import { startConformanceServer } from '../../fixtures/conformance-server/start.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { envelope, openSession, post, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const tool = (name: string, more: object = {}): object => ({ name, inputSchema: { type: 'object' }, ...more });

/** Answers of a legacy connector that lists these tools. */
const listing =
  (...tools: readonly object[]) =>
  ({ result }: { result: (value: Readonly<Record<string, unknown>>) => void }): void =>
    result({ tools });

describe('tools of all connectors', () => {
  it('legacy and modern clients get the tools of all connectors, with names like `connector__tool`', async () => {
    const odd = tool('look', { description: 'Looks', 'x-own': { deep: [1] }, annotations: { readOnlyHint: true } });
    await using a = await RawMcpServer.start({ 'tools/list': listing(odd) });
    await using b = await RawMcpServer.start({ 'tools/list': listing(tool('look')) });
    await using world = await startGateway({ a: remote(a), b: remote(b) });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url);
    const modern = await postModern(url, 'tools/list');
    for (const listed of [await postLegacy(url, 'tools/list'), await session.call('tools/list'), modern]) {
      expect(listed.status).toBe(200);
      expect(listed.result.tools).toEqual([{ ...odd, name: 'a__look' }, tool('b__look')]);
    }
    expect(modern.result).toMatchObject({ resultType: 'complete', ttlMs: expect.any(Number), cacheScope: 'private' });
    expect((await session.call('tools/list')).result).not.toHaveProperty('ttlMs');
  });

  it('the gateway forwards the parameters, the `_meta` and the result of a call unchanged', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ result, message }) => result({ content: [], seen: message.params, isError: false, 'x-own': 1 }),
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const params = {
      name: 'a__echo',
      arguments: { q: 'ü' },
      'x-more': true,
      _meta: { trace: 'abc', progressToken: 7 },
    };
    const legacy = await postLegacy(url, 'tools/call', params);
    expect(legacy.result).toEqual({
      content: [],
      isError: false,
      'x-own': 1,
      seen: {
        name: 'echo',
        arguments: { q: 'ü' },
        'x-more': true,
        _meta: { trace: 'abc', progressToken: expect.any(Number) },
      },
    });
    const modern = await postModern(url, 'tools/call', { name: 'a__echo' }, { meta: { trace: 'abc' } });
    expect(modern.result).toMatchObject({ resultType: 'complete', 'x-own': 1, seen: { _meta: { trace: 'abc' } } });
  });

  it('a client gets the JSON-RPC error of a server unchanged', async () => {
    const error = { code: -32_123, message: 'No such station', data: { station: 'X', hint: ['a'] } };
    await using server = await RawMcpServer.start({
      'tools/call': ({ response, message }) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
      },
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const legacy = await postLegacy(url, 'tools/call', { name: 'a__echo' }, { id: 'q-1' });
    expect(legacy.messages).toEqual([{ jsonrpc: '2.0', id: 'q-1', error }]);
    const modern = await postModern(url, 'tools/call', { name: 'a__echo' });
    expect([modern.status, modern.error]).toEqual([200, error]);
  });

  it('calls are rejected if the tool is unknown, the name is missing, or the arguments are not an object', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    for (const params of [{ name: 'a__nothing' }, { name: 'nothing' }, {}, { name: 'a__echo', arguments: [1] }])
      expect((await postLegacy(url, 'tools/call', params)).error).toMatchObject({ code: -32_602 });
    expect(server.of('tools/call')).toHaveLength(0);
  });

  it('a call to a connector that is down fails with a code and a remedy, and calls to other connectors still work', async () => {
    await using up = await RawMcpServer.start();
    await using world = await startGateway({ down: { type: 'http', url: 'http://127.0.0.1:9/mcp' }, up: remote(up) });
    const url = `${world.listener.url}/mcp`;
    expect((await postLegacy(url, 'tools/call', { name: 'up__echo' })).result).toBeDefined();
    const { error } = await postLegacy(url, 'tools/call', { name: 'down__echo' });
    expect(error.data).toMatchObject({ code: expect.stringMatching(/^CONNECTOR_|^TOOL_/), remedy: expect.any(String) });
  });

  it('tools with names that are too long or ambiguous get a unique name that every client accepts', async () => {
    const names = ['x'.repeat(100), 'a.b/c', 'b__c', 'plain'];
    await using server = await RawMcpServer.start({ 'tools/list': listing(...names.map((name) => tool(name))) });
    await using world = await startGateway({ a: remote(server), 'com.example.a__b': remote(server) });
    const url = `${world.listener.url}/mcp`;
    const { result } = await postLegacy(url, 'tools/list');
    const exposed = (result.tools as { name: string }[]).map(({ name }) => name);
    expect(new Set(exposed).size).toBe(8);
    for (const name of exposed) {
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      const called = await postLegacy(url, 'tools/call', { name });
      const content = called.result.content as { text: string }[];
      expect(names).toContain(JSON.parse(content[0]?.text ?? '{}').name);
    }
    expect(exposed).toContain('a__plain');
  });

  it('tools are listed in pages if there are many', async () => {
    const many = Array.from({ length: 1_500 }, (_, index) => tool(`t${String(index).padStart(4, '0')}`));
    await using server = await RawMcpServer.start({ 'tools/list': listing(...many) });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const first = await postLegacy(url, 'tools/list');
    const second = await postLegacy(url, 'tools/list', { cursor: first.result.nextCursor });
    const names = [first, second].flatMap(({ result }) => (result.tools as { name: string }[]).map(({ name }) => name));
    expect(names).toEqual(many.map((one) => `a__${(one as { name: string }).name}`));
    expect(second.result.nextCursor).toBeUndefined();
    expect((await postLegacy(url, 'tools/list', { cursor: '%' })).error.code).toBe(-32_602);
  });
});

describe('routes', () => {
  it('the route of one connector shows tools and resources without a prefix', async () => {
    await using fixture = await startConformanceServer();
    await using world = await startGateway({ fx: remote(fixture), other: remote(fixture) });
    const url = `${world.listener.url}/c/fx/mcp`;
    const { result } = await postLegacy(url, 'tools/list');
    expect((result.tools as { name: string }[]).map(({ name }) => name)).toContain('test_simple_text');
    expect((await postModern(url, 'tools/call', { name: 'test_simple_text' })).result.content).toHaveLength(1);
    const read = await postModern(url, 'resources/read', { uri: 'test://static-text' });
    expect(read.result.contents).toMatchObject([{ uri: 'test://static-text' }]);
    expect((await postLegacy(`${world.listener.url}/c/none/mcp`, 'tools/list')).status).toBe(404);
  });

  it('the route of connector "a" cannot call tools of connector "a.b", even if "a" has tools like "b.c"', async () => {
    await using a = await RawMcpServer.start({ 'tools/list': listing(tool('b.c'), tool('d.e')) });
    await using b = await RawMcpServer.start({ 'tools/list': listing(tool('c'), tool('secret')) });
    await using world = await startGateway({ a: remote(a), 'a.b': remote(b) });
    const url = `${world.listener.url}/c/a/mcp`;
    const { result } = await postLegacy(url, 'tools/list');
    expect((result.tools as { name: string }[]).map(({ name }) => name)).toEqual(['d.e']);
    for (const name of ['b.c', 'b.secret'])
      expect((await postLegacy(url, 'tools/call', { name })).error.code).toBe(-32_602);
    expect((await postLegacy(url, 'tools/call', { name: 'd.e' })).result).toBeDefined();
    expect(b.of('tools/call')).toHaveLength(0);
  });

  it('a route lists only the tools that its patterns allow, and rejects calls to all others', async () => {
    await using server = await RawMcpServer.start({
      'tools/list': listing(tool('read'), tool('delete_all'), tool('write')),
    });
    await using world = await startGateway(
      { a: remote(server), b: remote(server) },
      { gateway: { tools: ['*', '!*__delete_*'], routes: { ro: ['a__read'] } } },
    );
    const base = world.listener.url;
    const names = async (path: string): Promise<readonly string[]> =>
      ((await postLegacy(base + path, 'tools/list')).result.tools as { name: string }[]).map(({ name }) => name);
    expect(await names('/mcp')).toEqual(['a__read', 'a__write', 'b__read', 'b__write']);
    expect(await names('/r/ro/mcp')).toEqual(['a__read']);
    expect(await names('/c/a/mcp')).toEqual(['read', 'write']);
    for (const [path, name] of [
      ['/mcp', 'a__delete_all'],
      ['/r/ro/mcp', 'a__write'],
      ['/c/a/mcp', 'delete_all'],
    ])
      expect((await postLegacy(base + path, 'tools/call', { name })).error.code).toBe(-32_602);
    expect(server.of('tools/call')).toHaveLength(0);
    expect((await postLegacy(`${base}/r/nothing/mcp`, 'tools/list')).status).toBe(404);
  });
});

describe('prompts, resources and completion', () => {
  it('clients can use the prompts, resources and completions of all connectors, and all URIs are different', async () => {
    await using fixture = await startConformanceServer();
    await using world = await startGateway({ fx: remote(fixture), 'F2.x': remote(fixture) });
    const url = `${world.listener.url}/mcp`;
    await eventually('all is listed', async () => {
      const { result } = await postLegacy(url, 'prompts/list');
      return (
        (result.prompts as { name: string }[]).some(({ name }) => name.startsWith('fx__')) &&
        (result.prompts as object[]).length > 8
      );
    });
    const resources = (await postModern(url, 'resources/list')).result.resources as { uri: string }[];
    const uris = resources.map(({ uri }) => uri);
    expect(new Set(uris).size).toBe(uris.length);
    expect(uris).toEqual(expect.arrayContaining(['fx+test://static-text', 'z.462.2ex+test://static-text']));
    for (const uri of ['fx+test://static-text', 'z.462.2ex+test://static-text'])
      expect((await postModern(url, 'resources/read', { uri })).result).toMatchObject({
        contents: [{ uri }],
        ttlMs: expect.any(Number),
      });
    const templates = (await postLegacy(url, 'resources/templates/list')).result.resourceTemplates;
    expect(templates).toEqual(
      expect.arrayContaining([expect.objectContaining({ uriTemplate: 'fx+test://template/{id}/data' })]),
    );
    expect((await postLegacy(url, 'resources/read', { uri: 'fx+test://template/7/data' })).result).toMatchObject({
      contents: [{ uri: 'fx+test://template/7/data' }],
    });
    const prompt = { name: 'fx__test_prompt_with_arguments', arguments: { arg1: 'one', arg2: 'two' } };
    expect(JSON.stringify((await postLegacy(url, 'prompts/get', prompt)).result)).toContain('two');
    const embedded = { name: 'fx__test_prompt_with_embedded_resource', arguments: { resourceUri: 'test://x' } };
    expect(JSON.stringify((await postLegacy(url, 'prompts/get', embedded)).result)).toContain('fx+test://');
    const mentioned = await postLegacy(url, 'tools/call', { name: 'fx__test_embedded_resource' });
    expect(mentioned.result.content).toMatchObject([{ resource: { uri: expect.stringMatching(/^fx\+test:/) } }]);
    const argument = { name: 'arg1', value: 't' };
    for (const ref of [{ type: 'ref/prompt', name: prompt.name }])
      expect((await postModern(url, 'completion/complete', { ref, argument })).result).toHaveProperty(
        'completion.values',
      );
  });

  it('an unknown resource is rejected with the error code of the client’s protocol generation', async () => {
    await using fixture = await startConformanceServer();
    await using world = await startGateway({ fx: remote(fixture) });
    const url = `${world.listener.url}/mcp`;
    for (const uri of ['nobody+test://x', 'test://x', 'fx+test://nothing']) {
      const modern = await postModern(url, 'resources/read', { uri });
      expect(modern.error).toMatchObject({ code: -32_602, data: { uri } });
    }
    expect((await postLegacy(url, 'resources/read', { uri: 'nobody+test://x' })).error.code).toBe(-32_002);
    for (const name of ['fx__none', 'nobody__x', 'x'])
      expect((await postLegacy(url, 'prompts/get', { name })).error.code).toBe(-32_602);
    const ref = { type: 'ref/resource', uri: 'nobody' };
    expect((await postLegacy(url, 'completion/complete', { ref, argument: {} })).error.code).toBe(-32_602);
  });
});

describe('a legacy client', () => {
  it('a legacy client negotiates a protocol version, and can end its session', async () => {
    await using world = await startGateway({});
    const url = `${world.listener.url}/mcp`;
    const asked = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    expect((await postLegacy(url, 'initialize', asked)).result).toMatchObject({ protocolVersion: '2024-11-05' });
    const unknown = { ...asked, protocolVersion: '1999-01-01' };
    expect((await postLegacy(url, 'initialize', unknown)).result).toMatchObject({ protocolVersion: '2025-11-25' });
    expect((await postLegacy(url, 'initialize', {})).error.code).toBe(-32_602);
    const session = await openSession(url);
    expect((await session.call('ping')).result).toEqual({});
    expect((await session.call('nonsense')).error.code).toBe(-32_601);
    expect((await fetch(url, { method: 'DELETE', headers: session.headers })).status).toBe(200);
    expect((await session.call('ping')).status).toBe(404);
    expect((await fetch(url, { headers: { accept: 'text/event-stream' } })).status).toBe(405);
    expect((await postLegacy(url, 'ping', {}, { headers: { 'mcp-protocol-version': '1999-01-01' } })).status).toBe(400);
  });

  it('a legacy client can call tools without a session if sessions are switched off', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startGateway({ a: remote(server) }, { listener: { hasSessions: false } });
    const url = `${world.listener.url}/mcp`;
    const asked = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const initialized = await postLegacy(url, 'initialize', asked);
    expect(initialized.headers.get('mcp-session-id')).toBeNull();
    expect((await postLegacy(url, 'tools/call', { name: 'a__echo' })).result).toBeDefined();
    expect((await postLegacy(url, 'logging/setLevel', { level: 'info' })).result).toEqual({});
    expect((await postLegacy(url, 'resources/subscribe', { uri: 'x' })).error.code).toBe(-32_601);
  });

  it('a legacy client gets an error if its request is not a valid JSON-RPC message', async () => {
    await using world = await startGateway({});
    const url = `${world.listener.url}/mcp`;
    expect(await post(url, '{')).toMatchObject({ status: 400, error: { code: -32_700 } });
    expect(await post(url, [])).toMatchObject({ status: 400, error: { code: -32_600 } });
    expect(await post(url, { id: 7 })).toMatchObject({ status: 400, messages: [{ id: 7, error: { code: -32_600 } }] });
    expect((await post(url, {}, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await post(url, {}, { headers: { accept: 'text/html' } })).status).toBe(406);
    expect((await post(url, { jsonrpc: '2.0', id: 'x', result: {} })).status).toBe(404);
    expect((await fetch(url, { method: 'PUT' })).status).toBe(405);
  });

  it('a legacy client that accepts only events gets its response as an event', async () => {
    await using world = await startGateway({});
    const answered = await postLegacy(
      `${world.listener.url}/mcp`,
      'ping',
      {},
      { headers: { accept: 'text/event-stream' } },
    );
    expect(answered.headers.get('content-type')).toBe('text/event-stream');
    expect(answered.result).toEqual({});
  });
});

describe('a modern client', () => {
  it('server/discover tells a modern client what the gateway is and can do, and legacy methods are rejected', async () => {
    await using world = await startGateway({});
    const url = `${world.listener.url}/mcp`;
    const { result } = await postModern(url, 'server/discover');
    expect(result).toMatchObject({
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'mcp-switchyard' } },
    });
    for (const method of ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'nonsense'])
      expect(await postModern(url, method)).toMatchObject({ status: 404, error: { code: -32_601 } });
  });

  it.each([
    ['no capabilities', { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }, {}, -32_602],
    ['different methods in its header and its body', envelope(), { 'mcp-method': 'tools/list' }, -32_020],
    [
      'different protocol versions in its header and its body',
      envelope(),
      { 'mcp-protocol-version': '2027-01-01' },
      -32_020,
    ],
    ['different tool names in its header and its body', envelope(), { 'mcp-name': 'a__other' }, -32_020],
    ['a damaged name in its header', envelope(), { 'mcp-name': '=?base64?a?=' }, -32_020],
  ])(
    'a modern request with %s is rejected, and the error carries the id of the request',
    async (_, meta, headers, code) => {
      await using world = await startGateway({});
      const message = { jsonrpc: '2.0', id: 'x9', method: 'tools/call', params: { name: 'a__echo', _meta: meta } };
      const sent = {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'a__echo',
        ...headers,
      };
      const answered = await post(`${world.listener.url}/mcp`, message, { headers: sent });
      expect(answered).toMatchObject({ status: 400, messages: [{ id: 'x9', error: { code } }] });
    },
  );

  it('a modern client with an unsupported protocol version gets the list of supported versions', async () => {
    await using world = await startGateway({});
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' };
    const headers = { 'mcp-protocol-version': '2099-01-01' };
    const answered = await postModern(`${world.listener.url}/mcp`, 'tools/list', {}, { meta, headers });
    expect(answered).toMatchObject({ status: 400, error: { code: -32_022, data: { supported: ['2026-07-28'] } } });
  });

  it('a modern client must repeat arguments in headers if the tool requires it', async () => {
    await using fixture = await startConformanceServer();
    await using world = await startGateway({ fx: remote(fixture) });
    const url = `${world.listener.url}/mcp`;
    const params = { name: 'fx__test_mirrored_argument', arguments: { region: 'eu' } };
    expect(await postModern(url, 'tools/call', params)).toMatchObject({ status: 400, error: { code: -32_020 } });
    const mirrored = await postModern(url, 'tools/call', params, { headers: { 'mcp-param-region': 'eu' } });
    expect(mirrored.result).toBeDefined();
  });
});
