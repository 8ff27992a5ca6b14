import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { type GatewayWorld, remote, startGateway } from '../../helpers/gateway-world.ts';
import {
  envelope,
  type OpenStream,
  openSession,
  openStream,
  postLegacy,
  postModern,
  streamPost,
} from '../../helpers/mcp-post.ts';
import { type Answer, MODERN, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

type Json = Readonly<Record<string, unknown>>;

const UI = 'io.modelcontextprotocol/ui';
const MIME_TYPE = 'text/html;profile=mcp-app';
const VIEW = 'ui://weather:80/View%20A.html';

/**
 * An HTML document of about 200 KiB, the size of a bundled app. The gateway forwards other results of this size in
 * pieces.
 */
const HTML = `<!DOCTYPE html><title>App</title>${'<p>weather</p>'.repeat(15_000)}`;

const TOOL = {
  name: 'get-weather',
  inputSchema: { type: 'object' },
  _meta: { ui: { resourceUri: VIEW, visibility: ['model', 'app'] }, 'ui/resourceUri': VIEW },
};

/** Answers of a server with an MCP App, as built with `ext-apps`. `listsView` also lists the view as a resource. */
function app({ listsView = true, ...more }: { readonly listsView?: boolean } & Json = {}): Record<string, Answer> {
  const capabilities = { tools: {}, resources: { subscribe: true, listChanged: true } };
  const resources = listsView ? [{ uri: VIEW, name: VIEW, mimeType: MIME_TYPE }] : [];
  const links = { content: [{ type: 'text', text: VIEW }], _meta: { ui: { resourceUri: VIEW } } };
  return {
    initialize: ({ result }) =>
      result({ protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'app', version: '1' } }),
    'tools/list': ({ result }) => result({ tools: [TOOL] }),
    'tools/call': ({ result }) => result(links),
    'resources/list': ({ result }) => result({ resources }),
    'resources/templates/list': ({ result }) => result({ resourceTemplates: [] }),
    'resources/subscribe': ({ result }) => result({}),
    'resources/read': ({ result, message, response }) => {
      const { uri } = message.params ?? {};
      if (uri === VIEW) return result({ contents: [{ uri, mimeType: MIME_TYPE, text: HTML, _meta: { ui: {} } }] });
      const error = { code: -32_002, message: 'Resource not found', data: { uri } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
    },
    ...(more as Record<string, Answer>),
  };
}

async function listed(world: GatewayWorld, count: number): Promise<void> {
  await eventually('the resources are listed', async () => {
    const { result } = await postLegacy(`${world.listener.url}/mcp`, 'resources/list');
    return (result.resources as object[]).length === count;
  });
}

describe('an MCP App behind the gateway', () => {
  it('each tool refers to its MCP App by a `ui:` URI with the connector prefix, and clients can read the app by that URI', async () => {
    await using one = await RawMcpServer.start(app());
    await using other = await RawMcpServer.start(app());
    await using world = await startGateway({ one: remote(one), 'My.Other_1': remote(other) });
    const url = `${world.listener.url}/mcp`;
    await listed(world, 2);
    for (const post of [postLegacy, postModern]) {
      const tools = (await post(url, 'tools/list')).result.tools as (typeof TOOL)[];
      expect(tools).toHaveLength(2);
      for (const { name, _meta: meta } of tools) {
        const { resourceUri } = meta.ui;
        expect(resourceUri).toMatch(/^ui:\/\/[^/]+\+weather:80\/View%20A\.html$/);
        expect(meta).toEqual({ ui: { ...TOOL._meta.ui, resourceUri }, 'ui/resourceUri': resourceUri });
        const called = await post(url, 'tools/call', { name });
        expect(called.result._meta).toMatchObject({ ui: { resourceUri } });
        const read = await post(url, 'resources/read', { uri: resourceUri });
        expect(read.result.contents).toEqual([
          { uri: resourceUri, mimeType: MIME_TYPE, text: HTML, _meta: { ui: {} } },
        ]);
      }
    }
    expect([one, other].map((server) => server.of('resources/read').length)).toEqual([2, 2]);
    expect([one, other].map((server) => server.of('tools/call').length)).toEqual([2, 2]);
    const resources = (await postLegacy(url, 'resources/list')).result.resources as { uri: string }[];
    for (const { uri } of resources) expect(uri).toMatch(/^ui:\/\//);
  });

  it('the URI of an MCP App has no prefix on the route of a single connector', async () => {
    await using server = await RawMcpServer.start(app());
    await using world = await startGateway({ one: remote(server), two: remote(server) });
    const url = `${world.listener.url}/c/one/mcp`;
    expect((await postModern(url, 'tools/list')).result.tools).toEqual([TOOL]);
    const read = await postModern(url, 'resources/read', { uri: VIEW });
    expect(read.result.contents).toMatchObject([{ uri: VIEW, mimeType: MIME_TYPE, text: HTML }]);
  });

  it('clients can read an MCP App by its original URI as long as only one connector has that URI', async () => {
    await using server = await RawMcpServer.start(app({ listsView: false }));
    await using world = await startGateway({ one: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const read = await postLegacy(url, 'resources/read', { uri: VIEW });
    expect(read.result.contents).toMatchObject([{ uri: VIEW, text: HTML }]);
    world.file.write({ one: remote(server), two: remote(server) });
    await world.manager.reload();
    await eventually('both are up', () => world.manager.listTools().length === 2);
    const { error } = await postLegacy(url, 'resources/read', { uri: VIEW });
    const candidates = ['ui://one+weather:80/View%20A.html', 'ui://two+weather:80/View%20A.html'];
    expect(error).toMatchObject({ code: -32_602, data: { uri: VIEW, candidates } });
    for (const candidate of candidates) expect(error.message).toContain(candidate);
  });

  it('clients can read an MCP App on a filtered route only if the route lists its tool', async () => {
    await using server = await RawMcpServer.start(app({ listsView: false }));
    const routes = { shown: ['one__get-weather'], hidden: ['one__other'] };
    await using world = await startGateway({ one: remote(server) }, { gateway: { routes } });
    const uri = 'ui://one+weather:80/View%20A.html';
    const read = (route: string) => postLegacy(`${world.listener.url}/r/${route}/mcp`, 'resources/read', { uri });
    expect((await read('shown')).result.contents).toHaveLength(1);
    expect((await read('hidden')).error.code).toBe(-32_002);
    const elsewhere = { uri: 'ui://one+weather:80/other.html' };
    const url = `${world.listener.url}/r/shown/mcp`;
    expect((await postLegacy(url, 'resources/read', elsewhere)).error.code).toBe(-32_002);
    expect(server.of('resources/read')).toHaveLength(1);
  });

  it('a client that subscribes to an MCP App, with or without prefix, is notified of updates under the same URI', async () => {
    let notify: (uri: string) => void = () => {};
    await using server = await RawMcpServer.start(
      app({
        GET: ({ events }: Parameters<Answer>[0]) => {
          notify = (uri) => events({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } });
          events();
        },
      }),
    );
    await using world = await startGateway({ one: remote(server) });
    const url = `${world.listener.url}/mcp`;
    await listed(world, 1);
    const exposed = 'ui://one+weather:80/View%20A.html';
    const updated = (uri: string): object => ({
      ...{ jsonrpc: '2.0', method: 'notifications/resources/updated' },
      params: expect.objectContaining({ uri: `${uri}#part` }),
    });
    const streams: OpenStream[] = [];
    for (const uri of [exposed, VIEW]) {
      const session = await openSession(url);
      streams.push(await openStream(url, { headers: { ...session.headers, accept: 'text/event-stream' } }));
      expect((await session.call('resources/subscribe', { uri })).result).toEqual({});
    }
    const params = { notifications: { resourceSubscriptions: [VIEW] }, _meta: envelope() };
    const message = { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
    await using modern = await streamPost(url, message, headers);
    await eventually('it is acknowledged', () => modern.messages.length === 1);
    await eventually('the stream of the connector is open', () => server.of('GET').length === 1);
    notify('ui://weather:80/unwatched.html');
    notify(`${VIEW}#part`);
    const heard = () =>
      [...streams, modern].map(({ messages }) => messages.filter(({ method }) => String(method).endsWith('/updated')));
    await eventually('all are told', () => heard().every((messages) => messages.length > 0));
    expect(heard()).toEqual([[updated(exposed)], [updated(VIEW)], [updated(VIEW)]]);
    for (const stream of streams) await stream[Symbol.asyncDispose]();
  });
});

describe('the MCP Apps extension', () => {
  const initialize = async (url: string): Promise<Json> => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    return (await postLegacy(url, 'initialize', params)).result.capabilities as Json;
  };

  it('the gateway declares the MCP Apps extension on routes with a connector that has apps or declares the extension', async () => {
    await using server = await RawMcpServer.start(app({ listsView: false }));
    await using plain = await RawMcpServer.start();
    const declaring = { tools: {}, extensions: { [UI]: {}, 'com.example/other': {} } };
    await using declares = await RawMcpServer.start({
      ...MODERN,
      'server/discover': ({ result }) =>
        result({ resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: declaring, _meta: {} }),
    });
    await using world = await startGateway({ app: remote(server), plain: remote(plain), says: remote(declares) });
    for (const [path, extensions] of [
      ['/mcp', { [UI]: {} }],
      ['/c/app/mcp', { [UI]: {} }],
      ['/c/says/mcp', { [UI]: {} }],
      ['/c/plain/mcp', undefined],
    ] as const) {
      expect((await initialize(world.listener.url + path)).extensions).toEqual(extensions);
      const discovered = await postModern(world.listener.url + path, 'server/discover');
      expect((discovered.result.capabilities as Json).extensions).toEqual(extensions);
    }
  });

  it('the gateway declares the MCP Apps extension if a connector is not up yet, because the connector might have apps', async () => {
    await using plain = await RawMcpServer.start();
    await using world = await startGateway({ plain: remote(plain) });
    expect(await initialize(`${world.listener.url}/mcp`)).not.toHaveProperty('extensions');
    world.file.write({ plain: remote(plain), down: { type: 'http', url: 'http://127.0.0.1:9/mcp' } });
    await world.manager.reload();
    expect(await initialize(`${world.listener.url}/mcp`)).toMatchObject({ extensions: { [UI]: {} } });
    expect(await initialize(`${world.listener.url}/c/plain/mcp`)).not.toHaveProperty('extensions');
  });
});
