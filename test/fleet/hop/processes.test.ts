import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { ReplicaSet } from '../../helpers/fleet/replica-set.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { envelope, type OpenStream, type Posted, postModern, streamPost } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';

type Json = Readonly<Record<string, unknown>>;

/** Real replicas of one gateway in front of a raw connector; their Redis is stopped once they know each other. */
interface World extends AsyncDisposable {
  readonly set: ReplicaSet;
  readonly server: RawMcpServer;
  /** Calls the tool at a replica, or retries a call. */
  readonly call: (replica: number, retry?: Json) => Promise<Posted>;
  /** Retries a call at a replica, and returns the response as a stream. */
  readonly stream: (replica: number, retry: Json) => Promise<OpenStream>;
}

const ROOTS = { 'request-1': { roots: [] } };

async function startWorld(count: number, answers: Readonly<Record<string, Answer>>): Promise<World> {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await RawMcpServer.start(answers));
  const file = stack.use(new LocalFile({ a: remote(server) }));
  const redis = stack.use(await RedisServer.start());
  const args = ['--config', file.path, '--ready-for', 'all'];
  const set = stack.use(await ReplicaSet.start({ count, args, redisUrl: redis.url }));
  const call: World['call'] = (replica, retry = {}) =>
    postModern(
      `${set.urls[replica]}/mcp`,
      'tools/call',
      { name: 'a__echo', ...retry },
      { capabilities: { roots: {} }, meta: { progressToken: replica } },
    );
  const stream: World['stream'] = (replica, retry) => {
    const _meta = { ...envelope({ roots: {} }), progressToken: replica };
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo', ...retry, _meta } };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'a__echo' };
    return streamPost(`${set.urls[replica]}/mcp`, message, headers);
  };
  await Promise.all(
    set.urls.map((url) => eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok, 30_000)),
  );
  // A call that is held at one replica is resumed at each of the other replicas, which shows that they know each
  // other's addresses.
  for (let owner = 0; owner < count; owner += 1)
    for (let other = 0; other < count; other += 1) {
      const { result } = await call(owner);
      await eventually('a replica knows another one', async () => {
        const { error } = await call(other, { requestState: result.requestState, inputResponses: ROOTS });
        return error === undefined;
      });
    }
  await redis.kill();
  return { set, server, call, stream, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Requests roots in the middle of each call, and then answers the call with `finish`. */
function asking(finish: (call: RawRequest) => void): Readonly<Record<string, Answer>> {
  const calls = new Map<unknown, RawRequest>();
  return {
    'tools/call': (call) => {
      const id = `q-${calls.size}`;
      calls.set(id, call);
      call.events({ jsonrpc: '2.0', id, method: 'roots/list', params: {} });
    },
    answer: ({ response, message }) => {
      response.writeHead(202).end();
      const call = calls.get(message.id);
      if (call !== undefined) finish(call);
    },
  };
}

function progress({ events, message }: RawRequest): void {
  const { progressToken } = Object(message.params?._meta) as { readonly progressToken?: unknown };
  events({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } });
}

const done = (call: RawRequest, result: Json = { content: [] }) => {
  call.events({ jsonrpc: '2.0', id: call.message.id, result });
  call.response.end();
};

describe.skipIf(!hasRedis)('real replicas without Redis', () => {
  it("replicas without Redis resume each other's held calls, and a killed replica loses only its own calls", async () => {
    let isStuck = false;
    await using world = await startWorld(
      3,
      asking((call) => {
        if (isStuck) progress(call);
        else done(call);
      }),
    );
    const { set, call } = world;
    const [first, second, third] = [await call(0), await call(0), await call(1)];
    isStuck = true;
    const retry = ({ result }: Posted) => ({ requestState: result.requestState, inputResponses: ROOTS });
    await using inTheMiddle = await world.stream(1, retry(first));
    await eventually('it tells of its progress', () => inTheMiddle.messages.length === 1);
    await set.kill(0);
    const killedAtMs = performance.now();
    await eventually('it is told so', () => inTheMiddle.messages.length === 2);
    expect(JSON.stringify(inTheMiddle.messages[1])).toMatch(/FLEET_REPLICA_GONE.*again/);
    expect((await call(2, retry(second))).error).toMatchObject({ code: -32_602 });
    expect(performance.now() - killedAtMs).toBeLessThan(3_000);
    isStuck = false;
    expect((await call(2, retry(third))).result).toMatchObject({ content: [] });
    // A replica that restarts at the same address is a different replica, to which the old state does not belong.
    await set.start(0);
    expect((await call(1, retry(second))).error).toMatchObject({ code: -32_602 });
  });

  it('a call fails with FLEET_REPLICA_GONE if the replica to which it was forwarded freezes', async () => {
    let isStuck = false;
    let stuckCalls = 0;
    await using world = await startWorld(
      2,
      asking((call) => {
        if (isStuck) stuckCalls += 1;
        else done(call);
      }),
    );
    const { set, call } = world;
    const { result } = await call(0);
    isStuck = true;
    const inTheMiddle = call(1, { requestState: result.requestState, inputResponses: ROOTS });
    await eventually('the call goes on', () => stuckCalls === 1);
    process.kill(set.pid(0), 'SIGSTOP');
    try {
      expect((await inTheMiddle).error.message).toContain('FLEET_REPLICA_GONE');
    } finally {
      process.kill(set.pid(0), 'SIGCONT');
    }
  });
});
