import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { openSession, openStream, postModern, streamPost } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

describe('a server request of a connector', () => {
  const asking: Readonly<Record<string, Answer>> = {
    'tools/call': ({ events }) =>
      events({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: { message: '?' } }),
  };

  it('a server request is answered with an error if the client disconnects during the call', async () => {
    await using server = await RawMcpServer.start(asking);
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url, { elicitation: {} });
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } };
    const stream = await streamPost(url, message, session.headers);
    await eventually('it is asked', () => stream.messages.some(({ method }) => method === 'elicitation/create'));
    await stream[Symbol.asyncDispose]();
    await eventually('the connector is answered', () => server.of('POST').some(({ message: { id } }) => id === 'q'));
    expect(server.of('POST').at(-1)?.message).toMatchObject({ error: { code: -32_603 } });
  });

  it('the gateway does not forward a cancel notification or an unknown notification of a server to the client', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ events }) =>
        events(
          { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'switchyard-1' } },
          { jsonrpc: '2.0', method: 'notifications/odd', params: {} },
        ),
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url, { elicitation: {} });
    const called = session.call('tools/call', { name: 'a__echo' });
    await eventually('it is called', () => server.of('tools/call').length === 1);
    const [call] = server.of('tools/call');
    call?.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [] } });
    expect((await called).messages).toEqual([{ jsonrpc: '2.0', id: 1, result: { content: [] } }]);
  });

  it('a server request does not reach clients on a route that hides the connector', async () => {
    await using server = await RawMcpServer.start({
      ...asking,
      GET: ({ events }) =>
        events({ jsonrpc: '2.0', id: 'g', method: 'elicitation/create', params: { message: 'password?' } }),
    });
    await using world = await startGateway({ a: remote(server) }, { gateway: { routes: { other: ['b__*'] } } });
    const url = `${world.listener.url}/r/other/mcp`;
    const session = await openSession(url, { elicitation: {} });
    await using standing = await openStream(url, { headers: { ...session.headers, accept: 'text/event-stream' } });
    await eventually('its stream is open', () => server.of('GET').length === 1);
    server
      .of('GET')[0]
      ?.events({ jsonrpc: '2.0', id: 'h', method: 'elicitation/create', params: { message: 'password?' } });
    await eventually('it is refused', () => server.of('POST').some(({ message: { id } }) => id === 'h'));
    expect(standing.messages.filter(({ method }) => method === 'elicitation/create')).toEqual([]);
  });
});

it('after a client has answered a server request, progress is sent with the progress token of its retry', async () => {
  await using server = await RawMcpServer.start({
    'tools/call': ({ events, message }) => {
      const progressToken = (message.params as { _meta: { progressToken: unknown } })._meta.progressToken;
      events({ jsonrpc: '2.0', id: 'q', method: 'roots/list', params: {} });
      answered.promise.then(() => {
        events({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } });
        events({ jsonrpc: '2.0', id: message.id, result: { content: [] } });
      });
    },
    answer: ({ response }) => {
      response.writeHead(202).end();
      answered.resolve();
    },
  });
  const answered = Promise.withResolvers<void>();
  await using world = await startGateway({ a: remote(server) });
  const url = `${world.listener.url}/mcp`;
  const capabilities = { roots: {} };
  const first = await postModern(
    url,
    'tools/call',
    { name: 'a__echo' },
    { capabilities, meta: { progressToken: 'one' } },
  );
  const retry = {
    name: 'a__echo',
    requestState: first.result.requestState,
    inputResponses: { 'request-1': { roots: [] } },
  };
  const other = await postModern(url, 'tools/call', { ...retry, arguments: { other: true } }, { capabilities });
  expect(other.error.code).toBe(-32_602);
  const second = await postModern(url, 'tools/call', retry, { capabilities, meta: { progressToken: 'two' } });
  expect(second.messages[0]).toMatchObject({ params: { progressToken: 'two' } });
});
