import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { asDispatcher, LateAgent } from '../../../src/main/http/late-agent.ts';

/** Starts a server that records the paths of its requests in order. */
async function startServer(): Promise<{ readonly origin: string; readonly paths: string[]; close(): void }> {
  const paths: string[] = [];
  const server = createServer((incoming, response) => {
    paths.push(incoming.url ?? '');
    response.end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    close: () => void server.close(),
  };
}

/** Creates a LateAgent. The test decides when the module of its agent is loaded. */
function createLate(): {
  readonly late: LateAgent;
  readonly dispatcher: Dispatcher;
  readonly made: () => number;
  readonly arrive: (agent?: Dispatcher) => void;
  readonly fail: (error: Error) => void;
} {
  let made = 0;
  let { promise, resolve, reject } = Promise.withResolvers<Dispatcher>();
  const late = new LateAgent(() => {
    made += 1;
    return promise;
  });
  return {
    late,
    dispatcher: asDispatcher(late),
    made: () => made,
    arrive: (agent = new Agent()) => resolve(agent),
    fail(error) {
      reject(error);
      ({ promise, resolve, reject } = Promise.withResolvers<Dispatcher>());
    },
  };
}

describe('LateAgent', () => {
  it('LateAgent creates its agent with the first request, and uses this agent for all requests', async () => {
    const server = await startServer();
    const { late, dispatcher, made, arrive } = createLate();
    expect(made()).toBe(0);
    const requests = ['/1', '/2', '/3'].map((path) => request(server.origin + path, { dispatcher }));
    expect(made()).toBe(1);
    arrive(new Agent({ connections: 1 }));
    const answers = await Promise.all(requests);
    expect(await Promise.all(answers.map(({ body }) => body.text()))).toEqual(['here', 'here', 'here']);
    expect(server.paths).toEqual(['/1', '/2', '/3']);
    await (await request(server.origin, { dispatcher })).body.dump();
    expect(made()).toBe(1);
    await late.destroy();
    server.close();
  });

  it('warm() lets LateAgent create its agent before the first request', async () => {
    const { late, made, arrive } = createLate();
    late.warm();
    late.warm();
    expect(made()).toBe(1);
    arrive();
    await late.destroy();
    late.warm();
    expect(made()).toBe(1);
  });

  it('LateAgent rejects waiting requests with the load error, and loads again for the next request', async () => {
    const server = await startServer();
    const { late, dispatcher, made, arrive, fail } = createLate();
    const waiting = [request(server.origin, { dispatcher }), request(server.origin, { dispatcher })];
    fail(new Error('undici is gone'));
    for (const failed of await Promise.allSettled(waiting))
      expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'undici is gone' } });
    const next = request(server.origin, { dispatcher });
    arrive();
    expect((await next).statusCode).toBe(200);
    expect(made()).toBe(2);
    await late.destroy();
    server.close();
  });

  it('LateAgent.destroy() rejects waiting requests with CLOSED, and an agent that is loaded later is destroyed', async () => {
    const { late, dispatcher, arrive } = createLate();
    const waiting = request('http://127.0.0.1:9/', { dispatcher });
    await late.destroy();
    const agent = new Agent();
    arrive(agent);
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    expect(agent.destroyed).toBe(true);
  });

  it('LateAgent rejects requests with CLOSED after it was destroyed, and creates no agent for them', async () => {
    const { late, dispatcher, made } = createLate();
    await late.destroy();
    await expect(request('http://127.0.0.1:9/', { dispatcher })).rejects.toMatchObject({ code: 'CLOSED' });
    expect(made()).toBe(0);
  });
});
