import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { hasResources, isConnected, startReplica, startReplicas } from '../../helpers/fleet/gateway-replicas.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { TcpProxy } from '../../helpers/fleet/tcp-proxy.ts';
import { WatchableConnector } from '../../helpers/fleet/watchable-connector.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { type OpenStream, openSession, openStream, postLegacy } from '../../helpers/mcp-post.ts';

type Headers = Readonly<Record<string, string>>;

const stream = (mcp: string, headers: Headers): Promise<OpenStream> =>
  openStream(mcp, { headers: { ...headers, accept: 'text/event-stream' } });
const endSession = (mcp: string, headers: Headers): Promise<Response> => fetch(mcp, { method: 'DELETE', headers });
const countOf = ({ messages }: OpenStream, method: string): number =>
  messages.filter((message) => message.method === method).length;
const updates = (standing: OpenStream): number => countOf(standing, 'notifications/resources/updated');

/** Starts three replicas in front of one connector. All of them are connected to Redis. */
async function startWorld(redisUrl: string) {
  const connector = await WatchableConnector.start();
  const replicas = await startReplicas(3, { a: remote(connector.server) }, { redisUrl });
  const all = [0, 1, 2].map((index) => replicas.at(index));
  for (const replica of all) {
    await isConnected(replica);
    await hasResources(replica.mcp);
  }
  await eventually('the connector can notify all clients', () => connector.listening === 3);
  const [a, b, c] = all.map(({ mcp }) => mcp) as [string, string, string];
  return {
    ...{ connector, all, a, b, c },
    async [Symbol.asyncDispose]() {
      await replicas[Symbol.asyncDispose]();
      await connector[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(!hasRedis)('sessions of replicas with a Redis server', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  it('the log level that a session sets at one replica applies at all replicas that the session uses', async () => {
    await using world = await startWorld(redis.url);
    const { headers } = await openSession(world.a);
    await postLegacy(world.b, 'logging/setLevel', { level: 'warning' }, { headers });
    await eventually('both connections have it', () => world.connector.levels.size === 2);
    expect((await postLegacy(world.c, 'ping', {}, { headers })).status).toBe(200);
    await eventually('the third has it from the server', () => world.connector.levels.size === 3);
    expect(new Set(world.connector.levels.values())).toEqual(new Set(['warning']));
  });

  it('a replica joins its fleet before it listens, so that it knows what clients told other replicas', async () => {
    await using path = await TcpProxy.start(Number(new URL(redis.url).port));
    path.delayMs = 200;
    await using late = await startReplica({}, { redisUrl: path.url });
    expect(late.manager.status().fleet).toMatchObject({ isConnected: true, failure: null });
  });

  it('a session gets a resource update exactly once over its stream, even if it subscribed at another replica', async () => {
    await using world = await startWorld(redis.url);
    const { headers } = await openSession(world.a);
    await using standing = await stream(world.a, headers);
    await eventually('the stream begins', () => countOf(standing, 'notifications/tools/list_changed') === 1);
    expect((await postLegacy(world.b, 'resources/subscribe', { uri: 'a+x://y' }, { headers })).result).toEqual({});
    // The replica that got the request watches the resource first. Then the replica with the stream takes over.
    const [asked = ''] = world.connector.watching;
    await eventually('the replica with the stream alone watches it', () => {
      const { watching } = world.connector;
      return watching.size === 1 && !watching.has(asked);
    });
    expect(updates(standing)).toBe(0);
    world.connector.change();
    await eventually('the client is notified', () => updates(standing) === 1);
    await postLegacy(world.c, 'resources/unsubscribe', { uri: 'a+x://y' }, { headers });
    await eventually('no replica watches it', () => world.connector.watching.size === 0);
    expect(updates(standing)).toBe(1);
  });

  it('a session gets an error if it subscribes to a resource that is unknown or whose URI is too long', async () => {
    await using world = await startWorld(redis.url);
    const { headers } = await openSession(world.a);
    await using _standing = await stream(world.a, headers);
    const refused = await postLegacy(world.b, 'resources/subscribe', { uri: 'no+x://z' }, { headers });
    expect(refused.error.message).toContain('Unknown resource');
    const long = { uri: `a+x://${'y'.repeat(3_000)}` };
    expect((await postLegacy(world.b, 'resources/subscribe', long, { headers })).error.message).toContain('2048');
  });

  it('when a session opens a stream at another replica, the new stream gets each notification exactly once, and the old stream ends', async () => {
    await using world = await startWorld(redis.url);
    const { headers } = await openSession(world.a);
    await using first = await stream(world.a, headers);
    await postLegacy(world.a, 'resources/subscribe', { uri: 'a+x://y' }, { headers });
    await using second = await stream(world.b, headers);
    await eventually('the later stream has said all', () => updates(second) === 1);
    for (const list of ['tools', 'prompts', 'resources'])
      expect(countOf(second, `notifications/${list}/list_changed`)).toBe(1);
    await first.ended;
    await eventually('one replica watches', () => world.connector.watching.size === 1);
    world.connector.change();
    await eventually('the later stream hears of it', () => updates(second) === 2);
    expect(updates(first)).toBe(0);
  });

  it('a session keeps one stream if it opens several at the same moment', async () => {
    await using world = await startWorld(redis.url);
    const { headers } = await openSession(world.a);
    for (const mcp of [world.b, world.c]) await postLegacy(mcp, 'ping', {}, { headers });
    const streams = await Promise.all([world.a, world.b, world.c].map((mcp) => stream(mcp, headers)));
    const isOpen = streams.map(() => true);
    for (const [index, { ended }] of streams.entries()) void ended.then(() => (isOpen[index] = false));
    await eventually('one is left', () => isOpen.filter(Boolean).length <= 1);
    await postLegacy(world.a, 'resources/subscribe', { uri: 'a+x://y' }, { headers });
    await eventually('its replica watches', () => world.connector.watching.size === 1);
    expect(isOpen.filter(Boolean)).toEqual([true]);
    for (const one of streams) await one[Symbol.asyncDispose]();
  });

  it('a session that is ended at one replica ends at every replica, with its calls and its stream', async () => {
    await using world = await startWorld(redis.url);
    const { headers } = await openSession(world.a);
    await using standing = await stream(world.a, headers);
    const calling = postLegacy(world.b, 'tools/call', { name: 'a__wait' }, { headers });
    await eventually('the call is at the connector', () => world.connector.waiting.length === 1);
    expect((await endSession(world.a, headers)).status).toBe(200);
    expect((await calling).error).toBeDefined();
    await standing.ended;
    for (const mcp of [world.a, world.b, world.c])
      expect((await postLegacy(mcp, 'ping', {}, { headers })).status).toBe(404);
  });

  it("a change of a connector's lists reaches the streams of the sessions at each replica", async () => {
    await using world = await startWorld(redis.url);
    const sessions = await Promise.all([world.a, world.b].map((mcp) => openSession(mcp)));
    await using one = await stream(world.a, sessions[0]?.headers ?? {});
    await using other = await stream(world.b, sessions[1]?.headers ?? {});
    await eventually('both streams begin', () => one.messages.length === 3 && other.messages.length === 3);
    world.connector.listChanged();
    await eventually('both hear of it', () => one.messages.length > 3 && other.messages.length > 3);
  });
});

describe.skipIf(!hasRedis)('sessions of replicas whose Redis server is killed', () => {
  it('sessions stay usable while Redis is down, and their replicas catch up once it is back', async () => {
    await using redis = await RedisServer.start();
    await using world = await startWorld(redis.url);
    const { headers } = await openSession(world.a);
    await using standing = await stream(world.a, headers);
    await postLegacy(world.a, 'logging/setLevel', { level: 'error' }, { headers });
    await postLegacy(world.b, 'ping', {}, { headers });
    await redis.kill();
    const ended = await openSession(world.a);
    await postLegacy(world.b, 'ping', {}, { headers: ended.headers });
    expect((await endSession(world.a, ended.headers)).status).toBe(200);
    expect((await postLegacy(world.a, 'ping', {}, { headers: ended.headers })).status).toBe(404);
    const called = await postLegacy(world.c, 'tools/call', { name: 'a__echo' }, { headers });
    expect([called.status, called.error]).toEqual([200, undefined]);
    expect((await postLegacy(world.b, 'resources/subscribe', { uri: 'a+x://y' }, { headers })).result).toEqual({});
    await redis.restart();
    await eventually('the replica with the stream says that it changed', () => updates(standing) >= 1);
    await eventually('it watches', () => world.connector.watching.size === 1);
    await eventually('the ended session ends at the other replica', async () => {
      const { status } = await postLegacy(world.b, 'ping', {}, { headers: ended.headers });
      return status === 404;
    });
    await eventually('the log level is back on the server', async () => {
      const keys = (await redis.do('KEYS', '*sess:*')) as string[];
      const fields = await Promise.all(keys.map((key) => redis.do('HKEYS', key) as Promise<string[]>));
      return fields.some((names) => names.includes('level') && names.includes('home') && names.length === 3);
    });
  });

  it('requests with a session id do not wait long for a Redis server that hangs', async () => {
    await using redis = await RedisServer.start();
    await using world = await startWorld(redis.url);
    const sessions = await Promise.all([1, 2, 3].map(() => openSession(world.a)));
    redis.freeze();
    const timesMs: number[] = [];
    for (const { headers } of sessions) {
      const fromMs = performance.now();
      expect((await postLegacy(world.b, 'ping', {}, { headers })).status).toBe(200);
      timesMs.push(performance.now() - fromMs);
    }
    redis.thaw();
    // Some requests wait a quarter of a second, until the connection counts as lost.
    expect(Math.max(...timesMs)).toBeLessThan(1_500);
  });
});

it.skipIf(!hasRedis)(
  'a client that disconnects while its session is being read does not count towards the stream limit',
  async () => {
    await using redis = await RedisServer.start();
    await using replicas = await startReplicas(2, {}, { redisUrl: redis.url, limits: { maxStreams: 1 } });
    const [first, second] = [replicas.at(0), replicas.at(1)];
    for (const replica of [first, second]) await isConnected(replica);
    const { headers } = await openSession(first.mcp);
    redis.freeze();
    const abort = new AbortController();
    const opening = fetch(second.mcp, {
      headers: { ...headers, accept: 'text/event-stream' },
      signal: abort.signal,
    }).catch(() => null);
    setTimeout(() => abort.abort(), 100);
    await opening;
    redis.thaw();
    await using standing = await stream(second.mcp, headers);
    expect(standing.status).toBe(200);
  },
);
