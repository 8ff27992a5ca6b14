import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/main/connectors/connection/connection.ts';
import { NO_CREDENTIALS } from '../../../src/main/connectors/credentials/credentials.ts';
import { createStreamableHttpConnect } from '../../../src/main/connectors/streamable-http/streamable-http-connect.ts';
import { TOOLS_ONLY } from '../../../src/main/mcp/host-side.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type Answer, MODERN, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  ({ response }) =>
    void response.writeHead(code, headers).end(body);
const rpcError =
  (httpStatus: number, code: number, data?: unknown, withId = true): Answer =>
  ({ message, response }) => {
    const id = withId ? message.id : null;
    const error = { code, message: 'no', data };
    response.writeHead(httpStatus, JSON_TYPE).end(JSON.stringify({ jsonrpc: '2.0', id, error }));
  };
const hang: Answer = () => {};
const reset: Answer = ({ response }) => void response.destroy();
const silentStream: Answer = ({ events }) => events();
const modern = MODERN['server/discover'] as Answer;
const INITIALIZED = { protocolVersion: '2025-11-25', capabilities: { tools: {} } };
const later =
  (ms: number, answer: Answer): Answer =>
  (request) =>
    void setTimeout(() => answer(request), ms);
const withSession =
  (id: string): Answer =>
  ({ response, result }) => {
    response.setHeader('mcp-session-id', id);
    result(INITIALIZED);
  };

interface Tried {
  readonly connection: Connection | null;
  readonly error: unknown;
  /** The requests that the server received, in order. */
  readonly asked: readonly string[];
}

/** Connects once. Resolves with the outcome and the requests of the attempt, and with the server. */
async function connectOnce(
  answers: Readonly<Record<string, Answer>>,
  timeoutMs = 10_000,
): Promise<[Tried, RawMcpServer]> {
  const [[tried], server] = await connect(answers, 1, timeoutMs);
  return [tried as Tried, server];
}

/** Connects twice with the same memory. Resolves with the outcome and the requests of each attempt. */
async function connectTwice(answers: Readonly<Record<string, Answer>>, timeoutMs = 10_000): Promise<[Tried, Tried]> {
  const [[first, second]] = await connect(answers, 2, timeoutMs);
  return [first as Tried, second as Tried];
}

async function connect(
  answers: Readonly<Record<string, Answer>>,
  times: number,
  timeoutMs: number,
): Promise<[readonly Tried[], RawMcpServer]> {
  await using server = await RawMcpServer.start(answers);
  const agent = new Agent();
  const connectHttp = createStreamableHttpConnect({ dispatcher: agent, maxResultBytes: 10_000, host: TOOLS_ONLY });
  const once = async (): Promise<Tried> => {
    const before = server.requests.length;
    const target = {
      id: 'raw',
      name: 'Raw',
      url: server.url,
      headers: {},
      credentials: NO_CREDENTIALS,
      command: null,
    } as const;
    const events = { onLost: () => {}, onToolsChanged: () => {} };
    const limits = { signal: AbortSignal.timeout(timeoutMs), timeoutMs };
    let error: unknown = null;
    const connection = await connectHttp({ ...target, era: 'auto', transport: 'auto' }, events, limits).catch(
      (thrown) => {
        error = thrown;
        return null;
      },
    );
    await connection?.close();
    const kinds = server.requests.slice(before).map(({ method, message }) => message.method ?? method);
    return { connection, error, asked: kinds };
  };
  const tried: Tried[] = [];
  for (let time = 0; time < times; time += 1) tried.push(await once());
  await agent.destroy();
  return [tried, server];
}

const LEGACY_STEPS = ['initialize', 'notifications/initialized'];
const BOTH_STEPS = ['server/discover', ...LEGACY_STEPS];

describe.concurrent('the protocol generation of a server over HTTP', () => {
  it.each<[string, Answer]>([
    ...[400, 402, 404, 405, 406, 409, 410, 415, 422, 499].map((code): [string, Answer] => [`${code}`, status(code)]),
    ['an empty body', status(200, JSON_TYPE)],
    ['202', status(202)],
    ['204', status(204)],
    ['an HTML page', status(200, { 'content-type': 'text/html' }, '<p>')],
    ['JSON under another type', status(200, { 'content-type': 'text/plain' }, '{"jsonrpc":"2.0","id":1,"result":{}}')],
    ['damaged JSON', status(200, JSON_TYPE, '{')],
    ['JSON that is not a message', status(200, JSON_TYPE, '{"error":"what?"}')],
    ['an unknown method', rpcError(200, -32_601)],
    ['an unknown method with 404', rpcError(404, -32_601)],
    ['a parse error without an id', rpcError(400, -32_700, undefined, false)],
    ['older protocol versions', rpcError(400, -32_022, { supported: ['2025-11-25'] })],
    [
      'the error of an older SDK',
      ({ response }) => {
        const message =
          'Bad Request: Unsupported protocol version: 2026-07-28 (supported versions: 2025-11-25, 2025-06-18)';
        response.writeHead(400, JSON_TYPE);
        response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } }));
      },
    ],
    ['a result of another method', ({ result }) => result({ tools: [] })],
  ])('a server that answers `server/discover` with %s is legacy, and is remembered as legacy', async (_, discover) => {
    const [first, second] = await connectTwice({ 'server/discover': discover });
    expect([first.connection?.facts.era, first.asked]).toEqual(['legacy', BOTH_STEPS]);
    expect([second.connection?.facts.era, second.asked]).toEqual(['legacy', LEGACY_STEPS]);
  });

  it.each<[string, Answer, string[]]>([
    ...[500, 501, 502, 503, 504, 599].map((code): [string, Answer, string[]] => [`${code}`, status(code), BOTH_STEPS]),
    ['503 with Retry-After', status(503, { 'retry-after': '30' }), BOTH_STEPS],
    ['a connection reset', reset, ['server/discover', ...BOTH_STEPS]],
    ['a stream that ends', ({ events, response }) => [events(), response.end()], BOTH_STEPS],
  ])(
    'a server that answers `server/discover` with %s is taken for legacy, but this is not remembered',
    async (_, discover, steps) => {
      const [first, second] = await connectTwice({ 'server/discover': discover });
      for (const { connection, asked } of [first, second]) {
        expect([connection?.facts.era, asked]).toEqual(['legacy', steps]);
      }
    },
  );

  it.each<[string, Answer]>([
    ['does not answer the probe', hang],
    ['answers the probe with a silent stream', silentStream],
  ])(
    'a server that %s is taken for legacy after 2 s, but this is not remembered',
    async (_, discover) => {
      const startedMs = performance.now();
      const [first, second] = await connectTwice({ 'server/discover': discover });
      expect(performance.now() - startedMs).toBeGreaterThan(3_900);
      for (const { connection, asked } of [first, second]) {
        expect([connection?.facts.era, asked]).toEqual(['legacy', BOTH_STEPS]);
      }
    },
    20_000,
  );

  it.each<[string, Answer]>([
    ['is never answered', hang],
    ['is answered with 400', status(400)],
    ['is answered with 404', status(404)],
    ['is answered with 500', status(500)],
    ['is rejected as an unknown method', rpcError(200, -32_601)],
    ['is answered with an error that names the modern version', rpcError(400, -32_022, { supported: ['2026-07-28'] })],
    ['breaks its connection', reset],
  ])(
    'a server that answers `server/discover` after 6 s is modern, even if `initialize` %s',
    async (_, initialize) => {
      const [first] = await connectOnce({ 'server/discover': later(6_000, modern), initialize });
      expect(first.connection?.facts.era).toBe('modern');
    },
    30_000,
  );

  it('a server that answers `server/discover` during `initialize` is modern, and the legacy session is ended', async () => {
    const [first, server] = await connectOnce({
      'server/discover': later(2_500, modern),
      initialize: later(1_500, withSession('late')),
    });
    expect(first.connection?.facts.era).toBe('modern');
    expect(server.of('DELETE').map(({ headers }) => headers['mcp-session-id'])).toContain('late');
  }, 20_000);

  it('a server that answers only `initialize` is legacy, and `server/discover` is then cancelled', async () => {
    const probes: RawRequest[] = [];
    let cancelled = 0;
    const [first] = await connectOnce({
      'server/discover': (request) => {
        probes.push(request);
        request.response.on('close', () => {
          cancelled += 1;
        });
      },
    });
    expect(first.connection?.facts.era).toBe('legacy');
    await eventually('the probe is cancelled', () => cancelled === probes.length && cancelled === 1);
  }, 20_000);

  it.each<[string, Answer, Answer]>([
    ['with an id', rpcError(400, -32_022, { supported: ['2027-01-01'] }), withSession('never')],
    ['without an id', rpcError(400, -32_022, { supported: ['2027-01-01'] }, false), withSession('never')],
  ])(
    'a server that rejects `server/discover` and names another modern version is not taken for legacy (%s)',
    async (_, discover, initialize) => {
      const [first] = await connectOnce({ 'server/discover': discover, initialize });
      expect(first.error).toMatchObject({ code: 'CONNECTOR_CONNECT_FAILED' });
      expect(first.asked).toEqual(['server/discover', 'server/discover']);
    },
  );

  it('a server that rejects `initialize` and names the modern version gets `server/discover` again', async () => {
    let probes = 0;
    const [first] = await connectOnce({
      'server/discover': (request) => {
        probes += 1;
        (probes === 1 ? status(500) : modern)(request);
      },
      initialize: status(400, { 'content-type': 'text/plain' }, 'This server speaks 2026-07-28 only'),
    });
    expect(first.connection?.facts.era).toBe('modern');
  });
});

describe.concurrent('a handshake over HTTP that fails', () => {
  it.each([401, 403])(
    'a handshake that is rejected with %i at any step does not try the other protocol',
    async (code) => {
      const [probe] = await connectOnce({ 'server/discover': status(code) });
      expect([probe.error, probe.asked]).toEqual([
        expect.objectContaining({ code: 'CONNECTOR_REFUSED' }),
        ['server/discover'],
      ]);
      const [legacy] = await connectOnce({ 'server/discover': status(404), initialize: status(code) });
      expect(legacy.error).toMatchObject({ code: 'CONNECTOR_REFUSED' });
      const [beside] = await connectOnce({ 'server/discover': hang, initialize: status(code) });
      expect(beside.error).toMatchObject({ code: 'CONNECTOR_REFUSED' });
    },
    20_000,
  );

  it.each<[string, Record<string, Answer>, number | undefined]>([
    ['429 to the probe', { 'server/discover': status(429, { 'retry-after': '30' }) }, 30_000],
    ['429 to initialize', { 'server/discover': status(404), initialize: status(429, { 'retry-after': '20' }) }, 20_000],
    ['5xx to both', { 'server/discover': status(503, { 'retry-after': '40' }), initialize: status(502) }, 40_000],
    ['5xx to both without Retry-After', { 'server/discover': status(500), initialize: status(500) }, undefined],
  ])(
    "the error of a handshake over HTTP that fails with %s reports the server's retry time, if there is one",
    async (_, answers, retryAfterMs) => {
      const [first] = await connectOnce(answers);
      expect(first.error).toMatchObject({ code: 'CONNECTOR_CONNECT_FAILED' });
      expect((first.error as { detail: Record<string, unknown> }).detail.retryAfterMs).toBe(retryAfterMs);
    },
  );

  it.each([400, 404, 405])(
    'a handshake over HTTP whose `initialize` fails with %i reports that status, even if the probe is unanswered',
    async (code) => {
      const [first] = await connectOnce({ 'server/discover': hang, initialize: status(code) }, 3_500);
      expect(first.error).toMatchObject({ detail: { step: 'initialize', status: code } });
    },
    20_000,
  );

  it.each(['server/discover', 'initialize'])(
    'a handshake over HTTP reports an SSE server if the response to %s is an endpoint event',
    async (step) => {
      const sse: Answer = ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: endpoint\ndata: /messages?sessionId=1\n\n');
      };
      const [first] = await connectOnce({ 'server/discover': status(404), [step]: sse });
      expect(first.error).toMatchObject({ detail: { transport: 'sse' } });
      expect(first.asked.at(-1)).toBe(step);
    },
  );

  it('if a handshake over HTTP gets no response, the next handshake tries both `server/discover` and `initialize` again', async () => {
    const [first, second] = await connectTwice({ 'server/discover': hang, initialize: hang }, 2_300);
    expect([first.connection, second.connection]).toEqual([null, null]);
    expect([first.asked, second.asked]).toEqual([
      ['server/discover', 'initialize'],
      ['server/discover', 'initialize'],
    ]);
  }, 20_000);
});
