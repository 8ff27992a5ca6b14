import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { HostSide } from '../../../src/main/mcp/host-side.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type Answer, connectRaw, MODERN, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const confirm = { method: 'elicitation/create', params: { message: 'Sure?' } };
const asking: Answer = ({ result, message }) =>
  message.params?.inputResponses === undefined
    ? result({ resultType: 'input_required', inputRequests: { a: confirm }, requestState: 's' })
    : result({ resultType: 'complete', content: [] });

const hostThat = (answer: HostSide['answer']): HostSide => ({ capabilities: { elicitation: {} }, answer });

/** Resolves with the result or the error of a call, or with a text if the call does not settle within two seconds. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  const silence = new Promise((resolve) => setTimeout(resolve, 2_000, 'it never settled').unref());
  return Promise.race([call.catch((error: unknown) => error), silence]);
}

describe('a host that is asked for input during a call', () => {
  it.each([
    ['an error', new Error('the user said no')],
    ['a TypeError', new TypeError('the host is broken')],
    ['a network error', Object.assign(new Error('no model'), { code: 'ECONNREFUSED' })],
    ['an error with a JSON-RPC code', Object.assign(new Error('no'), { code: -1 })],
  ])('a call for which the server requires input fails if the host rejects with %s', async (_, failure) => {
    await using server = await RawMcpServer.start({ ...MODERN, 'tools/call': asking });
    await using raw = await connectRaw(server, { host: hostThat(() => Promise.reject(failure)) });
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED' });
    expect(server.of('tools/call')).toHaveLength(1);
  });

  it('a call can be aborted while the host has not yet answered a request for input', async () => {
    await using server = await RawMcpServer.start({ ...MODERN, 'tools/call': asking });
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const host = hostThat(() => {
      resolve();
      return new Promise(() => {});
    });
    await using raw = await connectRaw(server, { host });
    const caller = new AbortController();
    const call = raw.call({}, { signal: caller.signal });
    call.catch(() => {});
    await asked;
    caller.abort(new Error('enough'));
    expect(await outcome(call)).toMatchObject({ message: 'enough' });
  });

  it('close() settles a call that waits for input from the host, and nothing is sent after that', async () => {
    await using server = await RawMcpServer.start({ ...MODERN, 'tools/call': asking });
    const { promise: asked, resolve } = Promise.withResolvers<AbortSignal>();
    const answered = Promise.withResolvers<Record<string, unknown>>();
    const host = hostThat(({ signal }) => {
      resolve(signal);
      return answered.promise;
    });
    const raw = await connectRaw(server, { host });
    const call = raw.call();
    call.catch(() => {});
    await asked;
    await raw.connection.close();
    answered.resolve({ action: 'accept' });
    expect(await outcome(call)).toMatchObject({ code: 'TOOL_CALL_LOST' });
    expect(server.of('tools/call')).toHaveLength(1);
    await raw[Symbol.asyncDispose]();
  });

  it.each([
    ['answers 404', ({ response }) => void response.writeHead(404).end()],
    ['answers 400', ({ response }) => void response.writeHead(400).end('unknown session')],
    ['answers 500', ({ response }) => void response.writeHead(500).end()],
  ] as [string, Answer][])(
    'if a server that got the required input for a call %s, the error says that the call may have run',
    async (_, second) => {
      await using server = await RawMcpServer.start({
        ...MODERN,
        'tools/call': (request) => (request.message.params?.inputResponses === undefined ? asking : second)(request),
      });
      await using raw = await connectRaw(server, { host: hostThat(async () => ({ action: 'accept' })) });
      await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { sent: 'maybe' } });
    },
  );
});

describe('a connection that is closed', () => {
  it('a connection sends nothing after it was closed', async () => {
    await using server = await RawMcpServer.start();
    const raw = await connectRaw(server);
    await raw.connection.close();
    const before = server.requests.length;
    expect(await outcome(raw.call())).toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'no' } });
    const limits = { signal: AbortSignal.timeout(1_000), timeoutMs: 1_000 };
    await expect(raw.connection.listToolsPage(null, limits)).rejects.toMatchObject({
      code: 'CONNECTOR_CONNECT_FAILED',
    });
    expect(server.requests).toHaveLength(before);
    await raw[Symbol.asyncDispose]();
  });

  it('a call fails and does not hang if the dispatcher of its connection was destroyed', async () => {
    await using server = await RawMcpServer.start();
    const raw = await connectRaw(server);
    await raw[Symbol.asyncDispose]();
    expect(await outcome(raw.call())).toMatchObject({ code: 'TOOL_CALL_LOST' });
  });

  it('closing a connection aborts all requests of the server to the host, and sends no response to them', async () => {
    const signals: AbortSignal[] = [];
    const answered = Promise.withResolvers<Record<string, unknown>>();
    const host = hostThat(({ signal }) => {
      signals.push(signal);
      return answered.promise;
    });
    const elicit = (id: string) => ({ jsonrpc: '2.0', id, ...confirm });
    await using server = await RawMcpServer.start({
      'tools/call': ({ events }) => events(elicit('same'), elicit('same'), elicit('other')),
    });
    const raw = await connectRaw(server, { host });
    const call = raw.call();
    call.catch(() => {});
    await eventually('the host is asked twice', () => signals.length === 2);
    await raw.connection.close();
    answered.resolve({ action: 'accept' });
    await outcome(call);
    // Waits long enough for the host's response, which came after close() and must not be sent.
    await sleep(50);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(server.of('POST')).toHaveLength(0);
    await raw[Symbol.asyncDispose]();
  });
});
