import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { freePort } from '../../helpers/fleet/free-port.ts';
import { startHopWorld } from '../../helpers/fleet/hop-world.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { envelope, openSession, type Posted, post, postModern, streamPost } from '../../helpers/mcp-post.ts';
import { RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';

function progressTokenOf(params: unknown): unknown {
  return (params as { readonly _meta: { readonly progressToken: unknown } })._meta.progressToken;
}

it('a held call continues at any replica to which its client sends the retry, even at a different one each time', async () => {
  const answers: unknown[] = [];
  let call: RawRequest | null = null;
  await using server = await RawMcpServer.start({
    'tools/call': (request) => {
      call = request;
      request.events({ jsonrpc: '2.0', id: 'q1', method: 'roots/list', params: {} });
    },
    answer: ({ response, message }) => {
      response.writeHead(202).end();
      answers.push(message.result);
      const progressToken = progressTokenOf(call?.message.params);
      call?.events({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken, progress: answers.length },
      });
      if (answers.length === 1) call?.events({ jsonrpc: '2.0', id: 'q2', method: 'roots/list', params: {} });
      else call?.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [{ type: 'text', text: 'done' }] } });
    },
  });
  await using world = await startHopWorld(3, { a: remote(server) });
  const [one, two, three] = [world.at(0), world.at(1), world.at(2)];
  const capabilities = { roots: {} };
  const post = (world: typeof one, params: object, token: string) =>
    postModern(
      `${world.listener.url}/mcp`,
      'tools/call',
      { name: 'a__echo', ...params },
      { capabilities, meta: { progressToken: token } },
    );
  const first = await post(one, {}, 'one');
  expect(first.result).toMatchObject({ resultType: 'input_required' });
  const roots = (uri: string) => ({ roots: [{ uri }] });
  const second = await post(
    two,
    { requestState: first.result.requestState, inputResponses: { 'request-1': roots('file:///1') } },
    'two',
  );
  expect(second.messages.map(({ method }) => method)).toEqual(['notifications/progress', undefined]);
  expect(second.messages[0]).toMatchObject({ params: { progressToken: 'two', progress: 1 } });
  expect(second.result).toMatchObject({ resultType: 'input_required' });
  const third = await post(
    three,
    { requestState: second.result.requestState, inputResponses: { 'request-2': roots('file:///2') } },
    'three',
  );
  expect(third.messages[0]).toMatchObject({ params: { progressToken: 'three', progress: 2 } });
  expect(third.result).toMatchObject({ content: [{ text: 'done' }] });
  expect(answers).toEqual([roots('file:///1'), roots('file:///2')]);
  const again = await post(two, { requestState: first.result.requestState, inputResponses: {} }, 'two');
  expect(again.error).toMatchObject({ code: -32_602, message: expect.stringContaining('too old') });
});

/** Requests roots in the middle of each call, and then answers the call with `finish`. */
function asking(finish: (call: RawRequest) => void): Parameters<typeof RawMcpServer.start>[0] {
  const calls: RawRequest[] = [];
  return {
    'tools/call': (call) => {
      calls.push(call);
      call.events({ jsonrpc: '2.0', id: `q-${calls.length}`, method: 'roots/list', params: {} });
    },
    answer: ({ response, message }) => {
      response.writeHead(202).end();
      const call = calls[Number(String(message.id).slice(2)) - 1];
      if (call !== undefined && !call.response.writableEnded) finish(call);
    },
  };
}

const options = { capabilities: { roots: {} } };
const retryOf = ({ result }: Posted) => ({
  ...{ name: 'a__echo', requestState: result.requestState },
  inputResponses: { 'request-1': { roots: [] } },
});

it('a large result stays at its server while the client at another replica does not read it', async () => {
  const text = 'x'.repeat(31 * 1024 * 1024);
  let large: RawRequest | null = null;
  await using server = await RawMcpServer.start(
    asking((call) => {
      large = call;
      call.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [{ type: 'text', text }] } });
      call.response.end();
    }),
  );
  await using world = await startHopWorld(2, { a: remote(server) });
  const first = await postModern(world.at(0).mcp, 'tools/call', { name: 'a__echo' }, options);
  const params = { ...retryOf(first), _meta: envelope(options.capabilities) };
  const asked = request(world.at(1).mcp, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      ...{ 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'a__echo' },
    },
  });
  asked.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let before = Number.NaN;
  await eventually('nothing flows any more', async () => {
    const last = before;
    before = large?.response.writableLength ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return before === last && before > 0;
  });
  expect(before).toBeGreaterThan(20 * 1024 * 1024);
  const body = await textOf(response);
  expect(JSON.parse(body).result.content[0].text.length).toBe(text.length);
});

it('a held call is cancelled at its replica when the client disconnects from the replica that forwards the retry', async () => {
  await using server = await RawMcpServer.start(asking(() => {}));
  await using world = await startHopWorld(2, { a: remote(server) });
  const first = await postModern(world.at(0).mcp, 'tools/call', { name: 'a__echo' }, options);
  const gone = new AbortController();
  const retry = postModern(world.at(1).mcp, 'tools/call', retryOf(first), { ...options, signal: gone.signal });
  await eventually('the owner goes on', () => server.requests.some(({ message }) => message.id === 'q-1'));
  gone.abort();
  await expect(retry).rejects.toThrow();
  await eventually('the connector is notified', () => server.of('notifications/cancelled').length === 1);
  await eventually('neither serves anything', () =>
    world.replicas.every(({ gateway }) => gateway.server.running === 0),
  );
});

it('a retry of a held call fails if the replica that holds the call is unknown or cannot be reached', async () => {
  await using server = await RawMcpServer.start(asking(() => {}));
  await using world = await startHopWorld(3, { a: remote(server) });
  const { hostId } = world.at(0).fleet;
  const first = await postModern(world.at(0).mcp, 'tools/call', { name: 'a__echo' }, options);
  const places = [`http://127.0.0.1:${await freePort()}`, world.at(2).listener.url];
  for (const place of places) {
    world.roster.place(hostId, place);
    const { error } = await postModern(world.at(1).mcp, 'tools/call', retryOf(first), options);
    expect(error).toMatchObject({ code: -32_602, message: expect.stringContaining('too old') });
  }
  world.roster.remove(hostId);
  const { error } = await postModern(world.at(1).mcp, 'tools/call', retryOf(first), options);
  expect(error).toMatchObject({ code: -32_602 });
});

it('held calls continue while the secret of the fleet is replaced', async () => {
  const [old, fresh] = ['the secret of a fleet before it was replaced', 'the secret of a fleet after it was replaced!'];
  await using server = await RawMcpServer.start(
    asking((call) => call.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [] } })),
  );
  // One replica after the other accepts both secrets, and then puts the new secret first.
  const secrets = (index: number) => [[old, fresh], [fresh, old], [fresh]][index] ?? [old];
  await using world = await startHopWorld(4, { a: remote(server) }, { secrets });
  const pairs = [
    [0, 1],
    [1, 0],
    [1, 2],
  ] as const;
  for (const [owner, other] of pairs) {
    const first = await postModern(world.at(owner).mcp, 'tools/call', { name: 'a__echo' }, options);
    const second = await postModern(world.at(other).mcp, 'tools/call', retryOf(first), options);
    expect([owner, other, second.result]).toMatchObject([owner, other, { content: [] }]);
  }
  const first = await postModern(world.at(3).mcp, 'tools/call', { name: 'a__echo' }, options);
  const { error } = await postModern(world.at(2).mcp, 'tools/call', retryOf(first), options);
  expect(error).toMatchObject({ code: -32_602 });
});

it("a draining replica still gets the client's answers that its calls wait for, so that the calls finish", async () => {
  await using server = await RawMcpServer.start(
    asking((call) => call.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [] } })),
  );
  await using world = await startHopWorld(2, { a: remote(server) });
  const session = await openSession(world.at(1).mcp, { roots: {} });
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } };
  await using stream = await streamPost(world.at(0).mcp, message, session.headers);
  await eventually('it is asked', () => stream.messages.length === 1);
  const closed = world.at(0).listener.close(10_000);
  const answer = { jsonrpc: '2.0', id: stream.messages[0]?.id, result: { roots: [] } };
  expect((await post(world.at(1).mcp, answer, { headers: session.headers })).status).toBe(202);
  await eventually('the call comes to its end', () => stream.messages[1]?.result !== undefined);
  await closed;
  await expect(fetch(`${world.at(0).listener.url}/healthz`)).rejects.toThrow();
});
