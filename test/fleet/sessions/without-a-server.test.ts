import { describe, expect, it } from 'vitest';
import { freePort } from '../../helpers/fleet/free-port.ts';
import { SECRETS, startReplica, startReplicas } from '../../helpers/fleet/gateway-replicas.ts';
import { RoundRobinProxy } from '../../helpers/fleet/round-robin-proxy.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { openSession, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { connectOfficialClients } from '../../helpers/official-clients.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

/** A Redis URL on which nothing listens. */
const nowhere = async (): Promise<string> => `redis://127.0.0.1:${await freePort()}`;
const [ALICE, BOB] = ['alice-token-0123456789', 'bob-token-0123456789'];
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('sessions of replicas without a Redis server', () => {
  it('without Redis, a session opened at one replica can be used at another replica', async () => {
    await using server = await RawMcpServer.start();
    await using replicas = await startReplicas(2, { a: remote(server) }, { redisUrl: await nowhere() });
    const session = await openSession(replicas.at(0).mcp);
    const headers = { headers: session.headers };
    const listed = await postLegacy(replicas.at(1).mcp, 'tools/list', {}, headers);
    expect((listed.result.tools as { name: string }[]).map(({ name }) => name)).toEqual(['a__echo']);
    const called = await postLegacy(replicas.at(1).mcp, 'tools/call', { name: 'a__echo' }, headers);
    expect([called.status, called.error]).toEqual([200, undefined]);
    expect(session.id).toMatch(/^sy1\.[A-Za-z0-9_-]+$/);
    expect(session.id.length).toBeLessThan(600);
  });

  it('without Redis, official clients of both SDK lines and both protocol generations can use any replica', async () => {
    await using server = await RawMcpServer.start();
    await using replicas = await startReplicas(3, { a: remote(server) }, { redisUrl: await nowhere() });
    await using proxy = await RoundRobinProxy.start([0, 1, 2].map((index) => replicas.at(index).listener.url));
    for (const client of await connectOfficialClients(`${proxy.url}/mcp`)) {
      for (let turn = 0; turn < 4; turn += 1)
        expect(
          (await client.list('tool')).map(({ name }) => name),
          client.name,
        ).toEqual(['a__echo']);
      await client[Symbol.asyncDispose]();
    }
    expect(new Set(proxy.requests.map(({ upstream }) => upstream))).toEqual(new Set([0, 1, 2]));
  });

  it('without Redis, every replica serves requests of modern clients', async () => {
    await using server = await RawMcpServer.start();
    await using replicas = await startReplicas(2, { a: remote(server) }, { redisUrl: await nowhere() });
    for (const index of [0, 1]) {
      const called = await postModern(replicas.at(index).mcp, 'tools/call', { name: 'a__echo' });
      expect(called.error).toBeUndefined();
    }
  });

  it('without Redis, a session can be used at any replica, but only with the client token and route that opened it', async () => {
    const options = {
      redisUrl: await nowhere(),
      gateway: { routes: { few: ['*'] } },
      listener: { tokens: [ALICE, BOB] },
    };
    await using first = await startReplica({}, options);
    await using second = await startReplica({}, { ...options, listener: { tokens: [BOB, ALICE] } });
    const { headers } = await openSession(first.mcp, {}, bearer(ALICE));
    const list = (url: string, own: Record<string, string> = {}) =>
      postLegacy(url, 'tools/list', {}, { headers: { ...headers, ...own } });
    expect((await list(second.mcp)).status).toBe(200);
    expect((await list(second.mcp, bearer(BOB))).status).toBe(404);
    expect((await list(second.mcp, bearer('mallory-token-0123456789'))).status).toBe(401);
    expect((await list(`${second.listener.url}/r/few/mcp`)).status).toBe(404);
  });

  it('without Redis, a session ends when the replicas no longer accept the token that opened it', async () => {
    const redisUrl = await nowhere();
    await using first = await startReplica({}, { redisUrl, listener: { tokens: [ALICE, BOB] } });
    const { headers } = await openSession(first.mcp, {}, bearer(ALICE));
    await using restarted = await startReplica({}, { redisUrl, listener: { tokens: [BOB] } });
    expect((await postLegacy(restarted.mcp, 'tools/list', {}, { headers })).status).toBe(401);
    const others = { headers: { ...headers, ...bearer(BOB) } };
    expect((await postLegacy(restarted.mcp, 'tools/list', {}, others)).status).toBe(404);
  });

  it('without Redis, a session stays usable while the secret of the fleet is replaced', async () => {
    const redisUrl = await nowhere();
    const [current, previous] = SECRETS;
    await using old = await startReplica({}, { redisUrl, secrets: [previous] });
    const { headers } = await openSession(old.mcp);
    await using between = await startReplica({}, { redisUrl, secrets: [current, previous] });
    expect((await postLegacy(between.mcp, 'tools/list', {}, { headers })).status).toBe(200);
    await using done = await startReplica({}, { redisUrl, secrets: [current] });
    expect((await postLegacy(done.mcp, 'tools/list', {}, { headers })).status).toBe(404);
    const renewed = await openSession(between.mcp);
    expect((await postLegacy(done.mcp, 'tools/list', {}, { headers: renewed.headers })).status).toBe(200);
  });

  it('a replica at its limit of sessions closes an idle session to make room for another, but not a session with a running call', async () => {
    await using server = await RawMcpServer.start({ 'tools/call': () => {} });
    const options = { redisUrl: await nowhere(), limits: { maxSessions: 1 } };
    await using first = await startReplica({ a: remote(server) }, { redisUrl: options.redisUrl });
    await using small = await startReplica({ a: remote(server) }, options);
    const [one, other] = [await openSession(first.mcp), await openSession(first.mcp)];
    for (const { headers } of [one, other, one])
      expect((await postLegacy(small.mcp, 'tools/list', {}, { headers })).status).toBe(200);
    const abort = new AbortController();
    const calling = postLegacy(
      small.mcp,
      'tools/call',
      { name: 'a__echo' },
      { headers: one.headers, signal: abort.signal },
    );
    while (server.of('tools/call').length === 0) await new Promise(setImmediate);
    const refused = await postLegacy(small.mcp, 'tools/list', {}, { headers: other.headers });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    abort.abort();
    await calling.catch(() => {});
  });

  it('without Redis, a session can send batches and notifications to another replica', async () => {
    await using replicas = await startReplicas(2, {}, { redisUrl: await nowhere() });
    const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const opened = await postLegacy(replicas.at(0).mcp, 'initialize', params);
    const headers = {
      'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    };
    const batch = [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
    const post = (message: unknown) =>
      fetch(replicas.at(1).mcp, { method: 'POST', headers, body: JSON.stringify(message) });
    expect(((await (await post(batch)).json()) as object[]).length).toBe(2);
    expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
  });
});
