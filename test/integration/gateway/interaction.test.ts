import { describe, expect, it } from 'vitest';
import { packageBin } from '../../../src/main/cli/demo/package-bin.ts';
import { startConformanceServer } from '../../fixtures/conformance-server/start.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type GatewayWorld, remote, startGateway } from '../../helpers/gateway-world.ts';
import { envelope, openSession, openStream, postModern, streamPost } from '../../helpers/mcp-post.ts';
import { RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';

const CAPABLE = { sampling: {}, elicitation: {}, roots: {} };
const SAID = { role: 'assistant', content: { type: 'text', text: 'Paris' }, model: 'm', stopReason: 'endTurn' };

/** Starts the conformance server and a gateway that connects to it with this protocol generation. */
async function fixtureWorld(era: 'legacy' | 'modern'): Promise<GatewayWorld & { readonly mcp: string }> {
  const fixture = await startConformanceServer();
  const world = await startGateway({ fx: remote(fixture, { era }) });
  return {
    ...world,
    mcp: `${world.listener.url}/mcp`,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

const modernHeaders = (method: string, name?: string): Record<string, string> => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
});

describe.each(['legacy', 'modern'] as const)('with a connector of the %s protocol', (era) => {
  it('a client gets the progress of its call before the result, with its own progress token', async () => {
    await using world = await fixtureWorld(era);
    const session = await openSession(world.mcp);
    const params = { name: 'fx__test_tool_with_progress', _meta: { progressToken: 'mine' } };
    const asked = [
      session.call('tools/call', params),
      postModern(world.mcp, 'tools/call', params, { meta: params._meta }),
    ];
    for (const { messages } of await Promise.all(asked)) {
      expect(messages.length).toBeGreaterThanOrEqual(4);
      for (const notice of messages.slice(0, -1))
        expect(notice).toMatchObject({ method: 'notifications/progress', params: { progressToken: 'mine' } });
    }
  });

  it('log messages of a server reach the clients that requested them, and name the connector', async () => {
    await using world = await fixtureWorld(era);
    const session = await openSession(world.mcp);
    expect((await session.call('logging/setLevel', { level: 'loud' })).error.code).toBe(-32_602);
    expect((await session.call('logging/setLevel', { level: 'debug' })).result).toEqual({});
    await eventually('the connector logs what is wanted', async () => {
      const logged = await session.call('tools/call', { name: 'fx__test_tool_with_logging' });
      return logged.messages.filter(({ method }) => method === 'notifications/message').length >= 3;
    });
    const logged = await session.call('tools/call', { name: 'fx__test_tool_with_logging' });
    expect(logged.messages[0]).toMatchObject({ params: { logger: expect.stringMatching(/^fx/) } });
    const params = { name: 'fx__test_logging_tool' };
    expect((await postModern(world.mcp, 'tools/call', params)).messages).toHaveLength(1);
  });

  it('a legacy client gets a server request on the stream of its call, and its response reaches the server', async () => {
    await using world = await fixtureWorld(era);
    const session = await openSession(world.mcp, CAPABLE);
    const call = { name: 'fx__test_sampling', arguments: { prompt: 'The capital of France?' } };
    const message = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: call };
    await using stream = await streamPost(world.mcp, message, session.headers);
    await eventually('it is asked', () => stream.messages.some(({ method }) => method === 'sampling/createMessage'));
    const asked = stream.messages.find(({ method }) => method === 'sampling/createMessage');
    expect((await session.answer(asked?.id, SAID)).status).toBe(202);
    await eventually('it is answered', () =>
      stream.messages.some(({ id, result }) => id === 5 && result !== undefined),
    );
    expect(JSON.stringify(stream.messages.at(-1))).toContain('Paris');
  });

  it('a modern client gets an `input_required` result, and its retry with the input succeeds', async () => {
    await using world = await fixtureWorld(era);
    const call = { name: 'fx__test_sampling', arguments: { prompt: 'The capital of France?' } };
    const first = await postModern(world.mcp, 'tools/call', call, { capabilities: CAPABLE });
    expect(first.result).toMatchObject({ resultType: 'input_required', inputRequests: expect.any(Object) });
    const [key = ''] = Object.keys(first.result.inputRequests as object);
    expect(first.result.inputRequests).toMatchObject({ [key]: { method: 'sampling/createMessage' } });
    const { requestState } = first.result;
    const retry = { ...call, inputResponses: { [key]: SAID }, ...(requestState !== undefined && { requestState }) };
    const second = await postModern(world.mcp, 'tools/call', retry, { id: 2, capabilities: CAPABLE });
    expect(second.result.resultType).toBe('complete');
    expect(JSON.stringify(second.result)).toContain('Paris');
  });

  it('a call fails if the server needs sampling and the client does not support sampling', async () => {
    await using world = await fixtureWorld(era);
    const call = { name: 'fx__test_sampling', arguments: { prompt: 'hello' } };
    const session = await openSession(world.mcp, {});
    for (const { result, error } of [
      await session.call('tools/call', call),
      await postModern(world.mcp, 'tools/call', call),
    ])
      expect(result?.isError ?? error?.code).toBeTruthy();
  });

  it('clients are notified of changed lists and of updated resources over their streams', async () => {
    await using world = await fixtureWorld(era);
    const session = await openSession(world.mcp);
    await using standing = await openStream(world.mcp, {
      headers: { ...session.headers, accept: 'text/event-stream' },
    });
    const uri = 'fx+test://watched-resource';
    expect((await session.call('resources/subscribe', { uri })).result).toEqual({});
    const notifications = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: [uri, 'none+x://y'],
    };
    const params = { notifications, _meta: envelope() };
    const message = { jsonrpc: '2.0', id: 'sub', method: 'subscriptions/listen', params };
    await using stream = await streamPost(world.mcp, message, modernHeaders('subscriptions/listen'));
    await eventually('it is acknowledged', () => stream.messages.length > 0);
    const meta = { 'io.modelcontextprotocol/subscriptionId': 'sub' };
    expect(stream.messages[0]).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { ...notifications, resourceSubscriptions: [uri] }, _meta: meta },
    });
    const heard = (list: readonly object[], method: string): boolean =>
      list.some((one) => 'method' in one && one.method === method);
    // Notifications from a connector do not arrive until that connector's own stream is open.
    await eventually('tools', async () => {
      await session.call('tools/call', { name: 'fx__test_trigger_tool_change' });
      return (
        heard(stream.messages, 'notifications/tools/list_changed') &&
        heard(standing.messages, 'notifications/tools/list_changed')
      );
    });
    await eventually('prompts', async () => {
      await session.call('tools/call', { name: 'fx__test_trigger_prompt_change' });
      return (
        heard(stream.messages, 'notifications/prompts/list_changed') &&
        heard(standing.messages, 'notifications/prompts/list_changed')
      );
    });
    await eventually('resources', async () => {
      await session.call('tools/call', {
        name: 'fx__test_trigger_resource_change',
        arguments: { uri: 'test://watched-resource' },
      });
      return (
        heard(stream.messages, 'notifications/resources/updated') &&
        heard(standing.messages, 'notifications/resources/updated')
      );
    });
    const updated = stream.messages.find(({ method }) => method === 'notifications/resources/updated');
    expect(updated?.params).toMatchObject({ uri, _meta: meta });
    expect((await session.call('resources/unsubscribe', { uri })).result).toEqual({});
  });
});

describe("a call that waits for a client's input", () => {
  it("a call that waits for a client's input continues only once, for the same client and with the same parameters", async () => {
    const tokens = ['a'.repeat(20), 'b'.repeat(20)];
    await using fixture = await startConformanceServer();
    await using world = await startGateway({ fx: remote(fixture, { era: 'legacy' }) }, { listener: { tokens } });
    const url = `${world.listener.url}/mcp`;
    const as = (index: number) => ({ capabilities: CAPABLE, headers: { authorization: `Bearer ${tokens[index]}` } });
    const call = { name: 'fx__test_sampling', arguments: { prompt: 'x' } };
    const { result } = await postModern(url, 'tools/call', call, as(0));
    const [key = ''] = Object.keys(result.inputRequests as object);
    const retry = { ...call, requestState: result.requestState, inputResponses: { [key]: SAID } };
    const tampered = { ...retry, requestState: `${result.requestState}x` };
    const elsewhere = { ...retry, name: 'fx__test_elicitation' };
    for (const [params, who] of [
      [retry, 1],
      [tampered, 0],
      [elsewhere, 0],
    ] as const)
      expect((await postModern(url, 'tools/call', params, as(who))).error).toMatchObject({ code: -32_602 });
    expect((await postModern(url, 'tools/call', retry, as(0))).result).toMatchObject({ resultType: 'complete' });
    expect((await postModern(url, 'tools/call', retry, as(0))).error).toMatchObject({ code: -32_602 });
  });

  it("a call that waits for a client's input requests the input again if the retry does not contain it", async () => {
    await using world = await fixtureWorld('legacy');
    const call = { name: 'fx__test_sampling', arguments: { prompt: 'x' } };
    const first = await postModern(world.mcp, 'tools/call', call, { capabilities: CAPABLE });
    const empty = { ...call, requestState: first.result.requestState, inputResponses: null };
    const again = await postModern(world.mcp, 'tools/call', empty, { capabilities: CAPABLE });
    expect(again.result).toMatchObject({ resultType: 'input_required', inputRequests: first.result.inputRequests });
    expect(again.result.requestState).not.toBe(first.result.requestState);
  });
});

describe('a running call', () => {
  /** Starts a connector whose calls never end. */
  const hanging = (): Promise<RawMcpServer> => RawMcpServer.start({ 'tools/call': () => {} });

  it('a running call is cancelled at the server when the client disconnects', async () => {
    await using server = await hanging();
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const abort = new AbortController();
    const session = await openSession(url);
    const calls = [
      session.call('tools/call', { name: 'a__echo' }, { signal: abort.signal }),
      postModern(url, 'tools/call', { name: 'a__echo' }, { signal: abort.signal }),
    ].map((call) => call.catch(() => null));
    await eventually('both are there', () => server.of('tools/call').length === 2);
    abort.abort();
    await Promise.all(calls);
    await eventually('both are cancelled', () => server.of('notifications/cancelled').length === 2);
    const cancelled = server.of('notifications/cancelled').map(({ message }) => message.params?.requestId);
    expect(cancelled.sort()).toEqual(
      server
        .of('tools/call')
        .map(({ message }) => message.id)
        .sort(),
    );
    expect(world.gateway.server.running).toBe(0);
  });

  it('a client that cancels a call does not affect the call of another client with the same request id', async () => {
    await using server = await hanging();
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const [one, other] = [await openSession(url), await openSession(url)];
    const [first, second] = [one, other].map((session) =>
      session.call('tools/call', { name: 'a__echo' }, { id: 'same' }),
    );
    await eventually('both are there', () => server.of('tools/call').length === 2);
    const params = { requestId: 'same', reason: 'enough' };
    const message = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    const headers = { ...one.headers, 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', headers, body: message })).status).toBe(202);
    expect((await first)?.error.data).toMatchObject({ code: 'TOOL_CALL_ABORTED' });
    const [left] = server.of('tools/call').slice(1) as [RawRequest];
    left.result({ content: [] });
    expect((await second)?.result).toEqual({ content: [] });
  });

  it('a running call is cancelled at the server when the session of the client ends', async () => {
    await using server = await hanging();
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url);
    const call = session.call('tools/call', { name: 'a__echo' });
    await eventually('it is there', () => server.of('tools/call').length === 1);
    await fetch(url, { method: 'DELETE', headers: session.headers });
    expect((await call).error.data).toMatchObject({ code: 'TOOL_CALL_ABORTED' });
    await eventually('it is cancelled', () => server.of('notifications/cancelled').length === 1);
  });
});

describe('concurrent clients', () => {
  it('concurrent clients that use the same request ids get their own responses', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ result, message }) => {
        setTimeout(
          () => result({ content: [{ type: 'text', text: JSON.stringify(message.params?.arguments) }] }),
          Math.random() * 20,
        );
      },
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const sessions = await Promise.all(Array.from({ length: 20 }, () => openSession(url)));
    const calls = sessions.flatMap((session, who) =>
      Array.from({ length: 5 }, async (_, what) => {
        const params = { name: 'a__echo', arguments: { who, what } };
        const { messages, result } = await session.call('tools/call', params, { id: what });
        expect(messages.at(-1)).toMatchObject({ id: what });
        expect(JSON.parse((result.content as [{ text: string }])[0].text)).toEqual({ who, what });
      }),
    );
    await Promise.all(calls);
  });
});

describe('a stdio server that sends a request in the middle of a call', () => {
  const everything = packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything') ?? '';
  const servers = { ev: { command: process.execPath, args: [everything, 'stdio'] } };
  const call = { name: 'ev__trigger-sampling-request', arguments: { prompt: 'The capital of France?' } };

  it('a stdio server that sends a request in the middle of a call gets the response of the calling client', async () => {
    await using world = await startGateway(servers);
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url, CAPABLE);
    await using stream = await streamPost(
      url,
      { jsonrpc: '2.0', id: 5, method: 'tools/call', params: call },
      session.headers,
    );
    await eventually('it is asked', () => stream.messages.some(({ method }) => method === 'sampling/createMessage'));
    await session.answer(stream.messages.find(({ method }) => method === 'sampling/createMessage')?.id, SAID);
    await eventually('it is answered', () => stream.messages.some(({ id }) => id === 5));
    expect(JSON.stringify(stream.messages.at(-1))).toContain('Paris');

    const first = await postModern(url, 'tools/call', call, { capabilities: CAPABLE });
    const [key = ''] = Object.keys(first.result.inputRequests as object);
    const retry = { ...call, requestState: first.result.requestState, inputResponses: { [key]: SAID } };
    expect(JSON.stringify((await postModern(url, 'tools/call', retry, { capabilities: CAPABLE })).result)).toContain(
      'Paris',
    );
  });
});
