import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ConnectorProxyManagerOptions, ToolDescriptor } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const addEcho = (server: McpServer): void => {
  server.registerTool(
    'echo',
    { description: 'Echoes.', inputSchema: z.object({ message: z.string() }) },
    ({ message }) => ({
      content: [{ type: 'text', text: message }],
    }),
  );
};

/** Accepts connections and never sends a byte. */
async function silentServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

describe('connectors', () => {
  it('connectors connect in parallel, so a server that hangs or is down does not delay the others', async () => {
    await using good = await TestMcpServer.start(addEcho);
    await using silent = await silentServer();
    const entries = [
      entry('silent', { endpoint: silent.url }),
      entry('dead', { endpoint: 'http://127.0.0.1:9/' }),
      entry('good', { endpoint: good.url }),
    ];
    await using map = await manage(entries, { syncDeadlineMs: 1_000, connectTimeoutMs: 30_000 });
    const early = new Promise<void>((resolve) => map.manager.on('tools', () => resolve()));
    const synced = map.manager.sync();
    await early;
    expect(map.manager.listTools().map(({ name }) => name)).toEqual(['good.echo']);
    await synced;
    const states = Object.fromEntries(map.manager.status().connectors.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ silent: 'connecting', good: 'ready' });
    expect(['backing-off', 'connecting']).toContain(states.dead);
  });

  it('a connector whose server accepts connections but never answers times out', async () => {
    await using silent = await silentServer();
    await using map = await manage([entry('silent', { endpoint: silent.url, timeouts: { connect: 200 } })]);
    await map.manager.sync();
    expect(map.manager.connector('silent')?.status).toMatchObject({
      state: 'backing-off',
      lastError: { code: 'CONNECTOR_TIMEOUT' },
    });
  });

  it.each([401, 403])(
    'a connector whose server answers with %s fails, and does not try the legacy protocol',
    async (status) => {
      await using server = await MapServer.start();
      server.fail(status);
      await using map = await manage([entry('closed', { endpoint: server.url })]);
      await map.manager.sync();
      expect(map.manager.connector('closed')?.status).toMatchObject({
        state: 'failed',
        lastError: { code: 'CONNECTOR_REFUSED' },
      });
      // After a 401, the client also requests the server's OAuth metadata. These requests are not checked here.
      const isMetadata = ({ url }: { readonly url?: string | undefined }): boolean =>
        url?.includes('/.well-known/') === true;
      // The server received the probe, and perhaps a `tools/list` in parallel. It received no legacy handshake, whose
      // requests would have no header `mcp-method`.
      const methods = server.requests
        .filter((request) => !isMetadata(request))
        .map(({ headers }) => headers['mcp-method']);
      expect(methods.slice(0, 1)).toEqual(['server/discover']);
      expect(methods.slice(1).filter((method) => method !== 'tools/list')).toEqual([]);
    },
  );

  it('a connector tries the legacy protocol if its server answers the first request with HTTP 500', async () => {
    await using server = await MapServer.start();
    server.fail(500);
    await using map = await manage([entry('odd', { endpoint: server.url })]);
    await map.manager.sync();
    expect(map.manager.connector('odd')?.status).toMatchObject({
      state: 'backing-off',
      lastError: { code: 'CONNECTOR_CONNECT_FAILED' },
    });
    // The probe, the tools/list sent in parallel, and initialize.
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
  });

  it.each([
    ['modern', 'modern'],
    ['legacy', 'legacy'],
    ['auto', 'modern'],
  ] as const)(
    'a connector with `era` "%s" uses the %s protocol with a server that supports both',
    async (era, spoken) => {
      await using server = await TestMcpServer.start(addEcho);
      await using map = await manage([entry('one', { endpoint: server.url, era })]);
      await map.manager.sync();
      expect(map.manager.connector('one')?.status).toMatchObject({ state: 'ready', era: spoken, toolCount: 1 });
      expect(await map.manager.callTool('one.echo', { message: 'hi' })).toMatchObject({ content: [{ text: 'hi' }] });
    },
  );

  it('a connector sends its configured headers and its key with every request', async () => {
    await using server = await TestMcpServer.startWithSessions(addEcho);
    const one = entry('one', {
      endpoint: server.url,
      auth: { type: 'apiKey', headerName: 'x-api-key' },
      headers: { 'x-tenant': 't' },
    });
    await using map = await manage([one], { connectorsApiKey: async () => secret('K') });
    await map.manager.sync();
    await map.manager.callTool('one.echo', { message: 'hi' });
    expect(server.requests.length).toBeGreaterThan(3);
    for (const { headers } of server.requests)
      expect(headers).toMatchObject({ 'x-api-key': secret('K'), 'x-tenant': 't' });
  });

  it('a connector fails if its key contains a line break, and neither the status nor the log shows the key', async () => {
    await using server = await TestMcpServer.start(addEcho);
    const keyed = entry('keyed', { endpoint: server.url, auth: { type: 'bearer' } });
    await using map = await manage([keyed, entry('free', { endpoint: server.url })], {
      connectorsApiKey: `top\n${secret('K')}`,
    });
    await map.manager.sync();
    expect(map.manager.connector('keyed')?.status?.lastError?.code).toBe('SECRET_UNAVAILABLE');
    expect(map.manager.connector('free')?.status?.state).toBe('ready');
    expect(JSON.stringify([map.manager.status(), map.lines])).not.toContain('s3cr3t');
  });

  it('a connector that needs a key fails if there is no key, and the other connectors come up', async () => {
    await using server = await TestMcpServer.start(addEcho);
    const keyless = entry('keyless', { endpoint: server.url, auth: { type: 'bearer' } });
    await using map = await manage([keyless, entry('free', { endpoint: server.url })]);
    await map.manager.sync();
    expect(
      map.manager
        .status()
        .connectors.map(({ state }) => state)
        .sort(),
    ).toEqual(['failed', 'ready']);
    expect(map.manager.connector('keyless')?.status?.lastError?.code).toBe('CONNECTOR_AUTH_MISSING');
  });

  it('a connector ends its session when it is removed and when the manager closes', async () => {
    await using server = await TestMcpServer.startWithSessions(addEcho);
    const map = await manage([entry('one', { endpoint: server.url }), entry('two', { endpoint: server.url })]);
    await map.manager.sync();
    expect(server.sessions.size).toBe(2);
    await map.publish([entry('two', { endpoint: server.url })]);
    await eventually('one session is left', () => server.sessions.size === 1);
    await map[Symbol.asyncDispose]();
    expect(server.sessions.size).toBe(0);
    await eventually('no socket is left', async () => (await server.openSockets()) === 0);
  });

  it('a connector lists its tools without another sync once its server is up', async () => {
    const first = await TestMcpServer.start(addEcho);
    const { url } = first;
    await first[Symbol.asyncDispose]();
    await using map = await manage([entry('late', { endpoint: url })], { random: { next: () => 0.1 } });
    await map.manager.sync();
    expect(map.manager.listTools()).toEqual([]);
    const port = Number(new URL(url).port);
    await using _back = await TestMcpServer.start(addEcho, port);
    await eventually('its tools are there', () => map.manager.listTools().length === 1);
    expect(await map.manager.callTool('late.echo', { message: 'back' })).toMatchObject({ content: [{ text: 'back' }] });
  });

  it('a connector connects to the new endpoint when its endpoint changes, and its tools keep their names', async () => {
    await using one = await TestMcpServer.start(addEcho);
    await using two = await TestMcpServer.start(addEcho);
    await using map = await manage([entry('moving', { endpoint: one.url })]);
    await map.manager.sync();
    await map.publish([entry('moving', { endpoint: two.url })]);
    const before = one.requests.length;
    await map.manager.callTool('moving.echo', { message: 'hi' });
    expect([one.requests.length - before, two.requests.length > 0]).toEqual([0, true]);
  });
});

describe('a registry given by the host', () => {
  it('an object given as the option `registry` gets each tool with a handler that calls it, and learns when a tool is removed', async () => {
    await using server = await TestMcpServer.start(addEcho);
    const held = new Map<string, ToolDescriptor>();
    const registry: ConnectorProxyManagerOptions['registry'] = {
      registerTool: (descriptor) => void held.set(descriptor.name, descriptor),
      removeTool: (name) => held.delete(name),
    };
    await using map = await manage([entry('one', { endpoint: server.url })], { registry });
    await map.manager.sync();
    expect(await held.get('one.echo')?.handler({ message: 'hi' })).toMatchObject({ content: [{ text: 'hi' }] });
    await map.publish([]);
    expect([...held.keys()]).toEqual([]);
  });
});
