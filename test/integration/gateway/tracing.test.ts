import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { envelope, openSession, post, postModern, streamPost } from '../../helpers/mcp-post.ts';
import { MODERN, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';
import { type SseServer, startSseServer } from '../../helpers/sse-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';
import {
  type Report,
  type ReportedSpan,
  startTracedGateway,
  type TracedGateway,
} from '../../helpers/traced-gateway.ts';

type Json = Readonly<Record<string, unknown>>;

/** A request as a connector received it. */
interface Got {
  readonly headers: Json;
  readonly params: Json & { readonly _meta?: Json };
}

const SCRIPTED = new URL('../../fixtures/stdio/scripted-server.ts', import.meta.url).pathname;
const line = (result: object): string => JSON.stringify({ jsonrpc: '2.0', id: '$id', result });
const initialized = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 's', version: '1' },
};
const SCRIPT = {
  initialize: [line(initialized)],
  'server/discover': ['{"jsonrpc":"2.0","id":"$id","error":{"code":-32601,"message":"no"}}'],
  'tools/list': [line({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] })],
  'tools/call': [line({ content: [] })],
};

/** A call during which the connector sends requests to the client. */
interface Asking {
  readonly request: RawRequest;
  count: number;
  next(meta: Json): void;
}

let asking: Asking | null = null;

/** Calls a tool that sends two server requests. Resolves with the `_meta` of these requests. */
async function askedWithin(url: string): Promise<unknown[]> {
  const session = await openSession(url, { roots: {} });
  const call = { jsonrpc: '2.0', id: 'asks', method: 'tools/call', params: { name: 'http__asks' } };
  await using stream = await streamPost(url, call, session.headers);
  const questions = () => stream.messages.filter(({ method }) => method === 'roots/list');
  for (const count of [1, 2]) {
    await eventually('the client is asked', () => questions().length === count);
    await session.answer(questions().at(-1)?.id, { roots: [] });
  }
  await eventually('the call is answered', () => stream.messages.some(({ id }) => id === 'asks'));
  return questions().map(({ params }) => (params as Json)._meta);
}

/** Kinds of connectors: legacy Streamable HTTP with a session, modern Streamable HTTP, SSE, and stdio. */
const TRANSPORTS = ['http', 'modern', 'sse', 'program'] as const;

class Connectors implements AsyncDisposable {
  readonly http: RawMcpServer;
  readonly modern: RawMcpServer;
  readonly sse: SseServer;
  readonly #folder = new TempDir();

  private constructor(http: RawMcpServer, modern: RawMcpServer, sse: SseServer) {
    this.http = http;
    this.modern = modern;
    this.sse = sse;
  }

  static async start(): Promise<Connectors> {
    const http = await RawMcpServer.start({
      initialize: ({ response, result }) => {
        response.setHeader('mcp-session-id', 'session-of-the-connector');
        result({
          ...initialized,
          protocolVersion: '2025-11-25',
          capabilities: { tools: {}, prompts: {}, resources: {} },
        });
      },
      'prompts/list': ({ result }) => result({ prompts: [{ name: 'greet' }] }),
      'prompts/get': ({ result }) => result({ messages: [] }),
      'resources/list': ({ result }) => result({ resources: [{ uri: 'file:///notes', name: 'notes' }] }),
      'resources/templates/list': ({ result }) => result({ resourceTemplates: [] }),
      'resources/read': ({ result }) => result({ contents: [{ uri: 'file:///notes', text: 'secret-result' }] }),
      'tools/list': ({ result }) =>
        result({
          tools: ['asks', 'echo', 'fails', 'refuses'].map((name) => ({ name, inputSchema: { type: 'object' } })),
        }),
      answer: ({ response, message: { result } }) => {
        response.writeHead(202).end();
        // The second server request has no trace context.
        if (asking?.count === 1) asking.next({});
        else
          asking?.request.events({
            jsonrpc: '2.0',
            id: asking.request.message.id,
            result: { content: [], asked: result },
          });
      },
      'tools/call': (request) => {
        const { message, result, response } = request;
        const { name } = message.params as { readonly name: string };
        if (name === 'asks') {
          asking = {
            ...{ request, count: 0 },
            next(meta) {
              this.count += 1;
              request.events({ jsonrpc: '2.0', id: `q${this.count}`, method: 'roots/list', params: { _meta: meta } });
            },
          };
          asking.next({ traceparent: parent('f', 'f') });
          return;
        }
        if (name === 'refuses') {
          const error = { code: -32_602, message: 'secret-message' };
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
        } else
          result({ content: [{ type: 'text', text: 'secret-result' }], ...(name === 'fails' && { isError: true }) });
      },
    });
    const modern = await RawMcpServer.start({
      ...MODERN,
      'tools/call': ({ message, result }) => {
        const { arguments: args, requestState } = message.params as {
          readonly arguments?: Json;
          requestState?: string;
        };
        const isPutOff = args?.text === 'rounds' && requestState === undefined;
        result(
          isPutOff ? { resultType: 'input_required', requestState: 's' } : { resultType: 'complete', content: [] },
        );
      },
    });
    return new Connectors(http, modern, await startSseServer());
  }

  entries(): Readonly<Record<string, object>> {
    const env = { SEEN: this.#seen };
    return {
      http: { type: 'http', url: `${this.http.url}?key=secret-key` },
      modern: { type: 'http', url: String(this.modern.url) },
      sse: { type: 'sse', url: this.sse.url },
      program: { command: process.execPath, args: [SCRIPTED, JSON.stringify(SCRIPT)], env },
    };
  }

  /** The calls that a connector received. */
  calls(transport: (typeof TRANSPORTS)[number], method = 'tools/call'): Got[] {
    if (transport !== 'program')
      return this[transport].requests
        .filter(({ message }) => message.method === method)
        .map(({ headers, message }) => ({ headers, params: message.params ?? {} }));
    const lines = readFileSync(this.#seen, 'utf8').trim().split('\n');
    const messages = lines.map(
      (text) => JSON.parse(text) as { readonly method: string; readonly params: Got['params'] },
    );
    return messages.filter((message) => message.method === method).map(({ params }) => ({ headers: {}, params }));
  }

  /** Returns the only call with this argument. */
  call(transport: (typeof TRANSPORTS)[number], text: string): Got | undefined {
    return this.calls(transport).find(({ params }) => (params.arguments as Json | undefined)?.text === text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.http, this.modern, this.sse].map((server) => server[Symbol.asyncDispose]()));
    this.#folder[Symbol.dispose]();
  }

  get #seen(): string {
    return join(this.#folder.path, 'seen');
  }
}

const traceId = (digit: string): string => digit.repeat(32);
const spanId = (digit: string): string => digit.repeat(16);
const parent = (trace: string, span: string, flags = '01'): string => `00-${traceId(trace)}-${spanId(span)}-${flags}`;
const partsOf = (traceparent: unknown): readonly string[] => String(traceparent).split('-');

/** Returns the `traceparent` of a message, which identifies its trace. */
const traceOf = (got: Got | undefined): unknown => got?.params._meta?.traceparent;

describe('a trace through the gateway, with an OpenTelemetry SDK in its host', () => {
  let connectors: Connectors;
  let gateway: TracedGateway;
  let report: Report;
  let sessionId = '';
  let asked: unknown[] = [];

  beforeAll(async () => {
    connectors = await Connectors.start();
    gateway = await startTracedGateway(connectors.entries());
    const { url } = gateway;
    const session = await openSession(url);
    sessionId = session.id;
    for (const [index, transport] of TRANSPORTS.entries()) {
      const name = `${transport}__echo`;
      const own = String(index + 1);
      // Each call carries the `_meta` of one trace and the headers of another.
      const meta = { traceparent: parent(own, 'a'), tracestate: 'vendor=one', baggage: 'user=alice' };
      const headers = { traceparent: parent('e', own), baggage: 'user=mallory' };
      await session.call('tools/call', { name, arguments: { text: 'legacy' }, _meta: meta }, { headers });
      await postModern(url, 'tools/call', { name, arguments: { text: 'modern' } }, { meta, headers });
      await postModern(url, 'tools/call', { name, arguments: { text: 'header' } }, { headers });
      await session.call('tools/call', { name, arguments: { text: 'malformed' }, _meta: { traceparent: '00-0-0-01' } });
    }
    const of = (digit: string) => ({ headers: { traceparent: parent(digit, 'b') } });
    await session.call('tools/call', { name: 'http__fails', arguments: { text: 'secret-argument' } }, of('6'));
    await session.call('tools/call', { name: 'http__refuses', arguments: { text: 'secret-argument' } }, of('7'));
    await session.call('tools/call', { name: 'http__secret-name' }, of('8'));
    await session.call('prompts/get', { name: 'http__greet', arguments: { text: 'secret-argument' } }, of('9'));
    const { result } = await session.call('resources/list');
    const [{ uri }] = result.resources as [{ readonly uri: string }];
    await session.call('resources/read', { uri: `${uri}` }, { id: 'read-1', ...of('a') });
    await session.call(
      'tools/call',
      { name: 'http__echo', arguments: { text: 'off' } },
      {
        headers: { traceparent: parent('b', 'b', '00') },
      },
    );
    await session.call('no/such/method', {}, of('c'));
    const batch = ['one', 'two', 'three'].map((text, index) => ({
      ...{ jsonrpc: '2.0', id: text, method: 'tools/call' },
      params: { name: 'http__echo', arguments: { text }, _meta: { traceparent: parent('d', String(index + 1)) } },
    }));
    await post(url, batch, { headers: { traceparent: parent('d', '9') } });
    asked = await askedWithin(url);
    await session.call('tools/call', { name: 'modern__echo', arguments: { text: 'rounds' } }, of('5'));
    await fetch(url, { method: 'DELETE', headers: session.headers });
    report = await gateway.end();
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await connectors[Symbol.asyncDispose]();
  });

  const inTrace = (digit: string, kind: ReportedSpan['kind']): ReportedSpan[] =>
    report.spans.filter((span) => span.traceId === traceId(digit) && span.kind === kind);
  const only = (digit: string, kind: ReportedSpan['kind']): ReportedSpan => {
    const [span, ...others] = inTrace(digit, kind);
    expect(others).toEqual([]);
    return span as ReportedSpan;
  };

  it.each(TRANSPORTS)(
    'a trace continues from the client through the gateway to the server (connector "%s")',
    (transport) => {
      const digit = String(TRANSPORTS.indexOf(transport) + 1);
      const servers = inTrace(digit, 'server');
      const clients = inTrace(digit, 'client');
      expect(servers.map(({ name, parentId, links }) => ({ name, parentId, links }))).toEqual(
        Array(2).fill({ name: `tools/call ${transport}__echo`, parentId: spanId('a'), links: [spanId(digit)] }),
      );
      expect(clients.map(({ name }) => name)).toEqual(Array(2).fill(`tools/call ${transport}.echo`));
      expect(clients.map(({ parentId }) => parentId)).toEqual(servers.map((span) => span.spanId));
      for (const [index, text] of ['legacy', 'modern'].entries()) {
        const got = connectors.call(transport, text);
        const sent = `00-${traceId(digit)}-${clients[index]?.spanId}-01`;
        const state = { traceparent: sent, tracestate: 'vendor=one', baggage: 'user=alice' };
        expect(got?.params._meta).toMatchObject(state);
        if (transport !== 'program') expect(got?.headers).toMatchObject(state);
      }
    },
  );

  it.each(TRANSPORTS)(
    'a trace takes its parent from the `traceparent` header if `_meta` has none (connector "%s")',
    (transport) => {
      const own = spanId(String(TRANSPORTS.indexOf(transport) + 1));
      const server = report.spans.find(({ parentId, kind }) => parentId === own && kind === 'server');
      expect(server).toMatchObject({ traceId: traceId('e'), links: [], name: `tools/call ${transport}__echo` });
      const client = report.spans.find(({ parentId }) => parentId === server?.spanId);
      const got = connectors.call(transport, 'header');
      expect(traceOf(got)).toBe(`00-${traceId('e')}-${client?.spanId}-01`);
      expect(got?.params._meta?.baggage).toBe('user=mallory');
    },
  );

  it.each(TRANSPORTS)(
    'a malformed `traceparent` causes no error, and a new trace starts (connector "%s")',
    (transport) => {
      const sent = partsOf(traceOf(connectors.call(transport, 'malformed')));
      expect(sent[1]).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
      const client = report.spans.find((span) => span.spanId === sent[2]);
      const server = report.spans.find((span) => span.spanId === client?.parentId);
      expect([client?.kind, server?.kind, server?.parentId]).toEqual(['client', 'server', null]);
    },
  );

  it('the server span of a call has the attributes of the OpenTelemetry semantic conventions for MCP', () => {
    const [legacy, modern] = inTrace('1', 'server');
    const common = {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'http__echo',
      'jsonrpc.request.id': '1',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
    };
    const version = { 'mcp.protocol.version': '2025-11-25', 'mcp.session.id': sessionId };
    expect(legacy?.attributes).toEqual({ ...common, ...version });
    expect(modern?.attributes).toEqual({ ...common, 'mcp.protocol.version': '2026-07-28' });
    expect([legacy?.status.code, modern?.status.code]).toEqual([0, 0]);
  });

  it.each([
    ['http', '2025-11-25', { 'mcp.session.id': 'session-of-the-connector' }],
    ['modern', '2026-07-28', {}],
    ['sse', '2024-11-05', {}],
    ['program', '2025-06-18', {}],
  ] as const)(
    'the client span of a call has the attributes of its connection (connector "%s")',
    (transport, version, session) => {
      const client = inTrace(String(TRANSPORTS.indexOf(transport) + 1), 'client')[0];
      const isProgram = transport === 'program';
      expect(client?.attributes).toMatchObject({
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': `${transport}.echo`,
        'mcp.protocol.version': version,
        'network.transport': isProgram ? 'pipe' : 'tcp',
        ...session,
      });
      expect(client?.attributes['mcp.session.id']).toBe(transport === 'http' ? 'session-of-the-connector' : undefined);
      expect(client?.attributes['jsonrpc.request.id']).toMatch(/^\d+$/);
      if (transport === 'program') return;
      const { port } = new URL(connectors[transport].url);
      const address = { 'server.address': '127.0.0.1', 'server.port': Number(port) };
      expect(client?.attributes).toMatchObject(address);
    },
  );

  it('the server span and the client span of a failed tool have the error type `tool_error`', () => {
    for (const kind of ['server', 'client'] as const) {
      const { attributes, status } = only('6', kind);
      expect([attributes['error.type'], status.code]).toEqual(['tool_error', 2]);
      expect(attributes).not.toHaveProperty('rpc.response.status_code');
    }
  });

  it('the server span and the client span of a call that ends with a JSON-RPC error have its code as error type', () => {
    for (const kind of ['server', 'client'] as const) {
      const { attributes, status } = only('7', kind);
      expect(attributes).toMatchObject({ 'error.type': '-32602', 'rpc.response.status_code': '-32602' });
      expect(status).toEqual({ code: 2, message: 'TOOL_CALL_REJECTED' });
    }
  });

  it('the names of unknown tools and unknown methods appear in no span', () => {
    const unknown = only('8', 'server');
    expect(unknown).toMatchObject({ name: 'tools/call', status: { code: 2 } });
    expect(unknown.attributes).not.toHaveProperty('gen_ai.tool.name');
    const method = only('c', 'server');
    expect(method).toMatchObject({ name: '_OTHER', attributes: { 'error.type': '-32601' } });
  });

  it('the spans of a request name its prompt or its resource', () => {
    for (const [kind, name] of [['server', 'http__greet'] as const, ['client', 'greet'] as const]) {
      const prompt = only('9', kind);
      expect(prompt).toMatchObject({ name: `prompts/get ${name}`, attributes: { 'gen_ai.prompt.name': name } });
      expect(prompt.attributes).not.toHaveProperty('gen_ai.operation.name');
    }
    expect(only('a', 'server')).toMatchObject({
      name: 'resources/read',
      attributes: { 'jsonrpc.request.id': 'read-1' },
    });
    expect(only('a', 'client').attributes).toMatchObject({ 'mcp.resource.uri': 'file:///notes' });
    expect(only('a', 'client').parentId).toBe(only('a', 'server').spanId);
  });

  it('if the client does not sample the trace, no span is recorded, and the server gets the unsampled flag', () => {
    expect(report.spans.filter((span) => span.traceId === traceId('b'))).toEqual([]);
    expect(traceOf(connectors.call('http', 'off'))).toMatch(`00-${traceId('b')}-`);
    expect(traceOf(connectors.call('http', 'off'))).toMatch(/-00$/);
  });

  it('handshakes and notifications have spans, and a server span has no parent if the client sent no `traceparent`', () => {
    const kinds = (name: string) => report.spans.filter((span) => span.name === name).map(({ kind }) => kind);
    expect(kinds('initialize')).toContain('server');
    expect(kinds('initialize').filter((kind) => kind === 'client')).toHaveLength(3);
    expect(kinds('notifications/initialized')).toEqual(expect.arrayContaining(['server', 'client']));
    expect(kinds('tools/list')).toContain('client');
    const initialize = report.spans.find(({ name, kind }) => name === 'initialize' && kind === 'server');
    expect(initialize).toMatchObject({ parentId: null, links: [] });
    expect(initialize?.attributes).toMatchObject({ 'mcp.protocol.version': '2025-11-25', 'mcp.session.id': sessionId });
  });

  it('each request of a batch has its own server span and client span', () => {
    const served = inTrace('d', 'server');
    expect(served.map(({ parentId }) => parentId).sort()).toEqual(['1', '2', '3'].map(spanId));
    expect(served.map(({ attributes }) => attributes['jsonrpc.request.id']).sort()).toEqual(['one', 'three', 'two']);
    expect(served.map(({ links }) => links)).toEqual(Array(3).fill([spanId('9')]));
    const parents = inTrace('d', 'client').map(({ parentId }) => parentId);
    expect(parents.sort()).toEqual(served.map((span) => span.spanId).sort());
  });

  it('each further request that belongs to a call has its own span below the span of the call', () => {
    const rounds = connectors.calls('modern').filter(({ params }) => (params.arguments as Json)?.text === 'rounds');
    const call = inTrace('5', 'server')[0];
    const [first, second] = rounds.map((got) => report.spans.find(({ spanId: id }) => id === partsOf(traceOf(got))[2]));
    expect([first?.parentId, second?.parentId]).toEqual([call?.spanId, first?.spanId]);
    expect([first?.name, second?.name]).toEqual(Array(2).fill('tools/call modern.echo'));
    expect(first?.attributes['jsonrpc.request.id']).not.toBe(second?.attributes['jsonrpc.request.id']);
  });

  it('a server request to the client continues the trace of the server, or else the trace of the call', () => {
    const named = (kind: ReportedSpan['kind']) =>
      report.spans.filter((span) => span.kind === kind && span.name === 'roots/list');
    const [withTrace, without] = named('server');
    expect(withTrace).toMatchObject({ traceId: traceId('f'), parentId: spanId('f') });
    expect(without).toMatchObject({ parentId: null });
    const [first, second] = named('client');
    expect(first).toMatchObject({ traceId: traceId('f'), parentId: withTrace?.spanId });
    const call = report.spans.find(({ name, kind }) => kind === 'server' && name === 'tools/call http__asks');
    expect(second).toMatchObject({ traceId: call?.traceId, parentId: call?.spanId });
    const sent = [first, second].map((span) => `00-${span?.traceId}-${span?.spanId}-01`);
    expect(asked).toEqual(sent.map((traceparent) => ({ traceparent })));
    expect(first?.attributes).toMatchObject({ 'mcp.protocol.version': '2025-11-25', 'network.transport': 'tcp' });
  });

  it('spans and metrics contain no argument, no result, no error message and no secret', () => {
    expect(JSON.stringify(report)).not.toContain('secret');
    expect(report.spans.flatMap(({ events }) => events)).toEqual([]);
  });

  it('each request to a server has a `traceparent` with a new span id instead of the id from the client', () => {
    const all = TRANSPORTS.flatMap((transport) => connectors.calls(transport));
    const ids = all.map((got) => partsOf(traceOf(got))[2]);
    expect(ids.filter((id) => id === spanId('a') || id === spanId('b'))).toEqual([]);
    expect(new Set(ids).size).toBe(all.length);
  });

  it.each(['mcp.server.operation.duration', 'mcp.client.operation.duration'])(
    'the gateway records the metric %s in seconds',
    (name) => {
      const histogram = report.histograms.find((one) => one.name === name);
      expect(histogram?.unit).toBe('s');
      const boundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
      for (const { value } of histogram?.points ?? []) expect(value.buckets.boundaries).toEqual(boundaries);
      const isServer = name.includes('server');
      const points = histogram?.points.filter(({ attributes }) => attributes['mcp.method.name'] === 'tools/call') ?? [];
      const tool = isServer ? 'http__echo' : 'http.echo';
      const echo = points.filter(({ attributes }) => attributes['gen_ai.tool.name'] === tool);
      expect(echo.reduce((sum, { value }) => sum + value.count, 0)).toBe(8);
      expect(points.map(({ attributes }) => attributes['error.type'])).toEqual(
        expect.arrayContaining(['tool_error', '-32602', undefined]),
      );
      const keys = new Set(histogram?.points.flatMap(({ attributes }) => Object.keys(attributes)));
      for (const key of ['jsonrpc.request.id', 'mcp.session.id', 'mcp.resource.uri']) expect(keys).not.toContain(key);
    },
  );

  it('the gateway records the duration of sessions with clients and of sessions with servers', () => {
    const pointsOf = (name: string) => report.histograms.find((one) => one.name === name)?.points ?? [];
    expect(pointsOf('mcp.server.session.duration').map(({ attributes, value }) => [attributes, value.count])).toEqual([
      [{ 'network.transport': 'tcp', 'network.protocol.name': 'http', 'mcp.protocol.version': '2025-11-25' }, 2],
    ]);
    const clients = pointsOf('mcp.client.session.duration');
    const versions = clients.map(({ attributes }) => attributes['mcp.protocol.version']);
    expect(versions.sort()).toEqual(['2024-11-05', '2025-06-18', '2025-11-25', '2026-07-28']);
    expect(clients.map(({ value }) => value.count)).toEqual([1, 1, 1, 1]);
    expect(clients.filter(({ attributes }) => 'error.type' in attributes)).toEqual([]);
  });
});

describe('a trace through the gateway, in a host that traces HTTP', () => {
  it('the server span of a call links to the HTTP span of a host that traces HTTP, or is a child of that span', async () => {
    await using connectors = await Connectors.start();
    await using gateway = await startTracedGateway(connectors.entries(), { sdk: 'instrumented' });
    const headers = { traceparent: parent('2', 'b') };
    const call = (text: string, meta: Json) =>
      postModern(gateway.url, 'tools/call', { name: 'http__echo', arguments: { text } }, { meta, headers });
    await call('meta', { traceparent: parent('1', 'a') });
    await call('header', {});
    const { spans } = await gateway.end();
    const http = spans.filter(({ name, parentId }) => name === 'POST' && parentId === spanId('b'));
    const [first, second] = spans.filter(({ name, kind }) => name === 'tools/call http__echo' && kind === 'server');
    expect(first).toMatchObject({ traceId: traceId('1'), parentId: spanId('a'), links: [http[0]?.spanId] });
    expect(second).toMatchObject({ traceId: traceId('2'), parentId: http[1]?.spanId, links: [] });
    for (const [text, server] of [['meta', first] as const, ['header', second] as const]) {
      const client = spans.find(({ parentId }) => parentId === server?.spanId);
      const got = connectors.call('http', text);
      expect(traceOf(got)).toBe(`00-${server?.traceId}-${client?.spanId}-01`);
      const sent = spans.find(({ name, parentId }) => name === 'POST' && parentId === client?.spanId);
      expect(got?.headers.traceparent).toBe(`00-${server?.traceId}-${sent?.spanId}-01`);
    }
  });
});

describe('a trace through a gateway over stdio', () => {
  it('a trace over stdio takes its parent from `_meta`, for legacy and modern clients', async () => {
    await using connectors = await Connectors.start();
    await using gateway = await startTracedGateway(connectors.entries(), { serve: 'stdio' });
    const { stdin, stdout } = gateway.child;
    if (stdin === null || stdout === null) throw new Error('The gateway process has no stdin or stdout');
    // Reads the lines with an iterator, because it loses no line when several lines arrive together.
    const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
    const ask = async (id: number, method: string, params: Json): Promise<void> => {
      stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
      for (let answered: unknown = null; answered !== id; )
        answered = (JSON.parse(String((await answers.next()).value)) as { readonly id?: unknown }).id;
    };
    const call = { name: 'http__echo', arguments: { text: 'stdio' } };
    await ask(1, 'initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'c', version: '1' },
    });
    await ask(2, 'tools/call', { ...call, _meta: { traceparent: parent('1', 'a') } });
    await ask(3, 'tools/call', { ...call, _meta: { ...envelope(), traceparent: parent('2', 'a') } });
    await ask(4, 'tools/call', call);
    await connectors.sse[Symbol.asyncDispose]();
    await ask(5, 'tools/call', { ...call, name: 'sse__echo' });
    const { spans, histograms } = await gateway.end();
    const served = spans.filter(({ kind, name }) => kind === 'server' && name === 'tools/call http__echo');
    expect(served.slice(0, 2).map(({ traceId: id, parentId }) => [id, parentId])).toEqual([
      [traceId('1'), spanId('a')],
      [traceId('2'), spanId('a')],
    ]);
    expect(served[2]).toMatchObject({ parentId: null, links: [] });
    const versions = served.map(({ attributes }) => attributes['mcp.protocol.version']);
    expect(versions).toEqual(['2025-06-18', '2026-07-28', '2025-06-18']);
    for (const { attributes } of served) {
      expect(attributes).toMatchObject({ 'network.transport': 'pipe' });
      expect(attributes).not.toHaveProperty('mcp.session.id');
    }
    const broken = histograms
      .find(({ name }) => name === 'mcp.client.session.duration')
      ?.points.filter(({ attributes }) => 'error.type' in attributes);
    expect(broken?.map(({ attributes }) => attributes['mcp.protocol.version'])).toEqual(['2024-11-05']);
    const session = histograms.find(({ name }) => name === 'mcp.server.session.duration');
    expect(session?.points.map(({ attributes }) => attributes)).toEqual([
      { 'network.transport': 'pipe', 'mcp.protocol.version': '2025-06-18' },
    ]);
  });
});

describe('a trace through the gateway, without an OpenTelemetry SDK in its host', () => {
  it.each(['none', 'no-op'] as const)(
    'without an OpenTelemetry SDK (%s), a trace keeps its id, flags and state, and gets new span ids',
    async (sdk) => {
      await using connectors = await Connectors.start();
      await using gateway = await startTracedGateway(connectors.entries(), { sdk });
      const session = await openSession(gateway.url);
      for (const transport of TRANSPORTS) {
        const call = (text: string, _meta: object, traceparent?: string) =>
          session.call(
            'tools/call',
            { name: `${transport}__echo`, arguments: { text }, _meta },
            traceparent === undefined ? {} : { headers: { traceparent } },
          );
        await call(
          'meta',
          { traceparent: parent('1', 'a', '03'), tracestate: 'a=1, b=2', baggage: 'x=y' },
          parent('2', 'b'),
        );
        await call('header', { traceparent: 'nonsense', tracestate: 'a=1', other: 1 }, parent('2', 'b', '00'));
        await call('neither', { traceparent: `00-${'0'.repeat(32)}-${spanId('a')}-01`, baggage: 'no baggage' });
        const meta = connectors.call(transport, 'meta')?.params._meta ?? {};
        expect(meta).toMatchObject({ tracestate: 'a=1,b=2', baggage: 'x=y' });
        expect(meta.traceparent).toMatch(new RegExp(`^00-${traceId('1')}-(?!a{16}|0{16})[0-9a-f]{16}-03$`));
        const header = connectors.call(transport, 'header');
        expect(header?.params._meta).toMatchObject({ other: 1 });
        expect(header?.params._meta).not.toHaveProperty('tracestate');
        expect(traceOf(header)).toMatch(new RegExp(`^00-${traceId('2')}-(?!b{16}|0{16})[0-9a-f]{16}-00$`));
        if (transport !== 'program') expect(header?.headers.traceparent).toBe(traceOf(header));
        const neither = connectors.call(transport, 'neither');
        for (const field of ['traceparent', 'tracestate', 'baggage'])
          expect(neither?.params._meta ?? {}).not.toHaveProperty(field);
        if (transport !== 'program') expect(neither?.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      }
      expect(await gateway.end()).toEqual({ spans: [], histograms: [] });
    },
  );
});
