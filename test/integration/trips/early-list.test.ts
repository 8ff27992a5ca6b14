import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { type ManagedMap, manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';
import { TripServer, type TripServerOptions } from '../../helpers/trip-server.ts';

let open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.reverse()) await each[Symbol.asyncDispose]();
  open = [];
});

async function bringUp(
  options: TripServerOptions,
  overrides: Record<string, unknown> = {},
): Promise<{ readonly server: TripServer; readonly managed: ManagedMap }> {
  const server = await TripServer.start(options);
  open.push(server);
  const managed = await manage([entry('one', { endpoint: server.url, ...overrides })], {
    random: { next: () => 0.01 },
  });
  open.push(managed);
  await managed.manager.sync();
  await eventually('it is up', () => managed.manager.connector('one')?.status?.state === 'ready');
  return { server, managed };
}

describe('the `tools/list` that is sent together with the probe', () => {
  it.each([400, 401, 403, 404, 405, 406, 415, 429, 500, 503])(
    'a legacy server may answer HTTP %i to the `tools/list` that is sent together with the probe',
    async (status) => {
      const { server, managed } = await bringUp({
        era: 'legacy',
        answer: (method, { message, response }) => {
          const isEarly = method === 'tools/list' && message.params?._meta !== undefined;
          if (isEarly) response.writeHead(status, { 'www-authenticate': 'Bearer', 'retry-after': '30' }).end();
          return isEarly;
        },
      });
      expect(managed.manager.listTools().map(({ name }) => name)).toEqual(['one.echo']);
      expect(server.count('initialize')).toBe(1);
    },
  );

  it.each([400, 401, 404, 429, 500])(
    'a modern server that rejects the `tools/list` sent together with the probe (HTTP %i) gets it once more',
    async (status) => {
      let lists = 0;
      const { server, managed } = await bringUp({
        era: 'modern',
        answer: (method, { response }) => {
          if (method === 'tools/list') lists += 1;
          if (method !== 'tools/list' || lists > 1) return false;
          response.writeHead(status).end();
          return true;
        },
      });
      expect(managed.manager.connector('one')?.status).toMatchObject({ era: 'modern', toolCount: 1 });
      expect(server.count('tools/list')).toBe(2);
    },
  );

  it("the tools in a legacy server's response to the `tools/list` that is sent with the probe are ignored", async () => {
    const { managed } = await bringUp({
      era: 'legacy',
      answer: (method, { message, result }) => {
        const isEarly = method === 'tools/list' && message.params?._meta !== undefined;
        if (isEarly) result({ tools: [{ name: 'wrong', inputSchema: { type: 'object' } }] });
        return isEarly;
      },
    });
    expect(managed.manager.listTools().map(({ name }) => name)).toEqual(['one.echo']);
  });

  it('a legacy server need not answer the `tools/list` that is sent together with the probe', async () => {
    const { managed } = await bringUp({
      era: 'legacy',
      answer: (method, { message }) => method === 'tools/list' && message.params?._meta !== undefined,
    });
    expect(managed.manager.connector('one')?.status).toMatchObject({ era: 'legacy', toolCount: 1 });
  });

  it('a connector comes up after a crash of its server, and its first `tools/list` carries no session id', async () => {
    let isBroken = true;
    const sessions: unknown[] = [];
    const { server, managed } = await bringUp({
      era: 'legacy',
      answer: (method, { message, request }) => {
        const isEarly = method === 'tools/list' && message.params?._meta !== undefined;
        if (isEarly) sessions.push(request.headers['mcp-session-id']);
        // Simulates a crash. The server closes every connection until 200 ms after the first early `tools/list`.
        if (isEarly) setTimeout(() => (isBroken = false), 200);
        if (isBroken) request.socket.destroy();
        return isBroken;
      },
    });
    expect(managed.manager.connector('one')?.status?.state).toBe('ready');
    expect(sessions.every((id) => id === undefined)).toBe(true);
    expect(server.trips.length).toBeGreaterThan(3);
  });
});

describe('a server that closes each connection after its response', () => {
  it.each(['legacy', 'modern'] as const)(
    'a connector comes up even if its %s server closes each connection after the response',
    async (era) => {
      const { managed } = await bringUp({
        era,
        answer: (_, { response }) => {
          response.setHeader('connection', 'close');
          return false;
        },
      });
      expect(managed.manager.connector('one')?.status).toMatchObject({ era, toolCount: 1 });
    },
  );
});

describe('a legacy server that accepts `tools/list` only after `notifications/initialized`', () => {
  const strict = (refuse: (status: number) => boolean): TripServerOptions => {
    let isInitialized = false;
    return {
      era: 'legacy',
      answer: (method, { error, response, message }) => {
        if (method === 'notifications/initialized') {
          // The server responds late, so that the list request arrives first.
          setTimeout(() => {
            isInitialized = true;
            response.writeHead(202).end();
          }, 100);
          return true;
        }
        if (method !== 'tools/list' || isInitialized || message.params?._meta !== undefined) return false;
        if (refuse(400)) error(-32_602, 'Invalid request parameters', 400);
        else error(-32_602, 'Invalid request parameters');
        return true;
      },
    };
  };

  it.each([
    ['a JSON-RPC error', false],
    ['HTTP 400', true],
  ])(
    'a legacy server that rejects `tools/list` because it is not yet initialized (%s) gets the request once more',
    async (_, isStatus) => {
      const { server, managed } = await bringUp(
        strict(() => isStatus),
        { era: 'legacy' },
      );
      expect(managed.manager.connector('one')?.status).toMatchObject({ era: 'legacy', toolCount: 1 });
      expect([server.count('initialize'), server.count('tools/list')]).toEqual([1, 2]);
    },
  );

  it('a connector comes up even if its legacy server ends the session at a `tools/list` that comes too early', async () => {
    let isInitialized = false;
    let isDead = false;
    const { server, managed } = await bringUp(
      {
        era: 'legacy',
        answer: (method, { response }) => {
          if (method === 'initialize') isInitialized = isDead = false;
          if (method === 'notifications/initialized') {
            setTimeout(() => {
              isInitialized = true;
              response.writeHead(202).end();
            }, 100);
            return true;
          }
          if (method !== 'tools/list' || (isInitialized && !isDead)) return false;
          isDead = true;
          response.writeHead(500).end();
          return true;
        },
      },
      { era: 'legacy' },
    );
    expect(managed.manager.connector('one')?.status).toMatchObject({ state: 'ready', toolCount: 1 });
    expect(server.count('initialize')).toBe(2);
  });
});
