import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { logIn } from '../../helpers/logins/log-in.ts';
import { ProtectedMcpServer } from '../../helpers/logins/protected-mcp-server.ts';
import { type ManagedMap, manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';
import { TripServer } from '../../helpers/trip-server.ts';

let open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.reverse()) await each[Symbol.asyncDispose]();
  open = [];
});

async function bringUp(endpoint: string): Promise<ManagedMap> {
  const managed = await manage([entry('one', { endpoint })], { random: { next: () => 0.01 } });
  open.push(managed);
  await managed.manager.sync();
  return managed;
}

const statusOf = ({ manager }: ManagedMap) => manager.connector('one')?.status;

describe('a server that answers HTTP 401 to the first two requests', () => {
  it.each([false, true])(
    'a server that answers 401 to the probe and to `tools/list` needs one login (legacy with sessions: %s)',
    async (hasSessions) => {
      const issuer = await AuthorizationServer.start();
      open.push(issuer);
      const server = await ProtectedMcpServer.start({ issuer: issuer.issuer, hasSessions });
      open.push(server);
      const managed = await bringUp(server.url);
      await eventually('it needs a login', () => statusOf(managed)?.state === 'needs-login');
      expect(issuer.tokenRequests).toEqual([]);
      expect(issuer.paths.filter((path) => path.startsWith('/reg'))).toEqual([]);
      await logIn(managed.manager, 'one');
      await eventually('it is up', () => statusOf(managed)?.state === 'ready');
      expect(managed.manager.listTools().map(({ name }) => name)).toEqual(['one.whoami']);
      expect(issuer.tokenRequests.map(({ grantType }) => grantType)).toEqual(['authorization_code']);
      expect(issuer.paths.filter((path) => path.startsWith('/reg'))).toHaveLength(1);
    },
  );
});

describe('a redirect', () => {
  it.each(['modern', 'legacy'] as const)(
    'a connector of a %s server comes up even if its first `tools/list` is redirected',
    async (era) => {
      let isFirst = true;
      const server = await TripServer.start({
        era,
        answer: (method, { message, response }) => {
          const isEarly = method === 'tools/list' && message.params?._meta !== undefined && isFirst;
          if (isEarly) response.writeHead(307, { location: '/elsewhere' }).end();
          if (isEarly) isFirst = false;
          return isEarly;
        },
      });
      open.push(server);
      const managed = await bringUp(server.url);
      await eventually('it is up', () => statusOf(managed)?.state === 'ready');
      expect(statusOf(managed)).toMatchObject({ era, toolCount: 1 });
    },
  );

  it('a connector whose probe is redirected to another origin fails, and sends no request there', async () => {
    const other = await TripServer.start({ era: 'modern' });
    open.push(other);
    const server = await TripServer.start({
      era: 'modern',
      answer: (method, { response }) => {
        if (method === 'tools/list') return false;
        response.writeHead(307, { location: other.url }).end();
        return true;
      },
    });
    open.push(server);
    const managed = await bringUp(server.url);
    await eventually('it is down', () => statusOf(managed)?.state === 'backing-off');
    expect(statusOf(managed)?.lastError?.code).toBe('CONNECTOR_REDIRECTED');
    expect(other.trips).toEqual([]);
  });
});

/** Starts a server that speaks HTTP/1.0: no keep-alive, no chunks, and the end of the connection ends the body. */
async function startHttp10(era: 'legacy' | 'modern'): Promise<AsyncDisposable & { url: string; sockets: Set<Socket> }> {
  const behind = await TripServer.start({ era });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', async (chunk) => {
      text += chunk.toString();
      const [head = '', body] = text.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (body === undefined || Buffer.byteLength(body) < length) return;
      const method = head.split(' ')[0] ?? '';
      const answer = await fetch(behind.url, { method, ...(length > 0 && { body }) });
      const type = answer.headers.get('content-type');
      const header = type === null ? '' : `Content-Type: ${type}\r\n`;
      socket.end(`HTTP/1.0 ${answer.status} Whatever\r\n${header}\r\n${await answer.text()}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await behind[Symbol.asyncDispose]();
    },
  };
}

describe('servers that only speak HTTP/1.0', () => {
  it.each(['legacy', 'modern'] as const)(
    'a connector comes up if its %s server only speaks HTTP/1.0, and leaves no connection open',
    async (era) => {
      const server = await startHttp10(era);
      open.push(server);
      const managed = await bringUp(server.url);
      await eventually('it is up', () => statusOf(managed)?.state === 'ready');
      expect(statusOf(managed)).toMatchObject({ era, toolCount: 1 });
      await managed.manager.callTool('one.echo', {});
      await managed.manager.close();
      await eventually('no connection is left', () => server.sockets.size === 0);
    },
  );
});
