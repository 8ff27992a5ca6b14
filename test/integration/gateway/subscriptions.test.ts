import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { envelope, openSession, openStream, postModern, streamPost } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const listenMessage = (notifications: object, id: number | string = 1) => ({
  ...{ jsonrpc: '2.0', id, method: 'subscriptions/listen' },
  params: { notifications, _meta: envelope() },
});
const listenHeaders = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };

/** A modern connector with one resource, whose streams stay open. */
const watchable: Readonly<Record<string, Answer>> = {
  'server/discover': ({ result }) =>
    result({
      ...{ resultType: 'complete', supportedVersions: ['2026-07-28'] },
      capabilities: { tools: {}, resources: { subscribe: true } },
    }),
  'tools/list': ({ result }) => result({ resultType: 'complete', tools: [] }),
  'resources/list': ({ result }) => result({ resultType: 'complete', resources: [{ uri: 'x://y', name: 'y' }] }),
  'resources/templates/list': ({ result }) => result({ resultType: 'complete', resourceTemplates: [] }),
  'subscriptions/listen': ({ events }) => events(),
};

describe('subscriptions', () => {
  it('streams of subscriptions/listen do not count towards the limit on concurrent requests', async () => {
    await using world = await startGateway({}, { limits: { maxConcurrent: 2 } });
    const url = `${world.listener.url}/mcp`;
    const streams = await Promise.all(
      [1, 2, 3].map((id) => streamPost(url, listenMessage({ toolsListChanged: true }, id), listenHeaders)),
    );
    await eventually('all are acknowledged', () => streams.every(({ messages }) => messages.length === 1));
    expect((await postModern(url, 'tools/list')).status).toBe(200);
    for (const stream of streams) await stream[Symbol.asyncDispose]();
  });

  it('subscriptions/listen is rejected if too many streams are open', async () => {
    await using world = await startGateway({}, { limits: { maxStreams: 1 } });
    const url = `${world.listener.url}/mcp`;
    await using first = await streamPost(url, listenMessage({ toolsListChanged: true }), listenHeaders);
    await eventually('it is acknowledged', () => first.messages.length === 1);
    const { error } = await postModern(url, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
    expect(error.message).toContain('Too many streams are open');
  });

  it('a subscription to a resource moves to the new connection when the headers of the connector change', async () => {
    await using server = await RawMcpServer.start(watchable);
    await using world = await startGateway({ a: remote(server, { headers: { 'x-key': 'k0' } }) });
    const url = `${world.listener.url}/mcp`;
    await eventually(
      'it is listed',
      async () => ((await postModern(url, 'resources/list')).result.resources as object[]).length === 1,
    );
    await using stream = await streamPost(url, listenMessage({ resourceSubscriptions: ['a+x://y'] }), listenHeaders);
    await eventually('it is acknowledged', () => stream.messages.length === 1);
    const open = () => server.of('subscriptions/listen').filter(({ response }) => !response.closed);
    await eventually('it is watched', () => open().length === 1);
    world.file.write({ a: remote(server, { headers: { 'x-key': 'k1' } }) });
    await world.manager.reload();
    await eventually(
      'it is watched anew, and no more as it was',
      () =>
        open()
          .map(({ headers }) => headers['x-key'])
          .join() === 'k1',
    );
    // Waits long enough for a stream with the old headers, which must not open.
    await sleep(1_200);
    expect(open().map(({ headers }) => headers['x-key'])).toEqual(['k1']);
  });

  it('a pending resources/subscribe request ends when the client disconnects', async () => {
    await using server = await RawMcpServer.start({
      ...{ 'resources/subscribe': () => {}, 'resources/list': watchable['resources/list'] as Answer },
      initialize: ({ result }) =>
        result({
          ...{ protocolVersion: '2025-11-25', serverInfo: { name: 'raw', version: '1' } },
          capabilities: { tools: {}, resources: { subscribe: true } },
        }),
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    await eventually(
      'it is listed',
      async () => ((await postModern(url, 'resources/list')).result.resources as object[]).length === 1,
    );
    const session = await openSession(url);
    const abort = new AbortController();
    const subscribing = session
      .call('resources/subscribe', { uri: 'a+x://y' }, { signal: abort.signal })
      .catch(() => null);
    await eventually('it is asked', () => server.of('resources/subscribe').length === 1);
    abort.abort();
    await subscribing;
    await eventually('nothing is served any more', () => world.gateway.server.running === 0);
  });
});

it('a notification stream no longer counts towards the limit once its client has closed it', async () => {
  await using world = await startGateway({}, { limits: { maxStreams: 2 } });
  const url = `${world.listener.url}/mcp`;
  const session = await openSession(url);
  for (let turn = 0; turn < 5; turn += 1) {
    const headers = { ...session.headers, accept: 'text/event-stream' };
    // The gateway notices a closed stream a moment later.
    await eventually('there is a place for a stream', async () => {
      const stream = await openStream(url, { headers });
      await stream[Symbol.asyncDispose]();
      return stream.status === 200;
    });
  }
  const stale = { ...session.headers, 'mcp-session-id': 'no-such-session', 'content-type': 'application/json' };
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
  expect((await fetch(url, { method: 'POST', headers: stale, body })).status).toBe(404);
});
