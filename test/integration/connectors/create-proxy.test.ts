import { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import type { ConnectorProxyManagerOptions, RemoteProxyConfig } from '../../../src/main/index.ts';
import { secret } from '../../helpers/evidence.ts';
import { manage } from '../../helpers/manager.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

describe('the createProxy option', () => {
  const entries = [entry('own', { auth: { type: 'bearer' } })];

  it('createProxy() may return a proxy that has only some methods and reports its availability inside connect()', async () => {
    const configs: RemoteProxyConfig[] = [];
    const createProxy: ConnectorProxyManagerOptions['createProxy'] = (config) => {
      configs.push(config);
      return {
        connect: async () => config.onAvailabilityChange(true),
        getTools: () => [{ name: 'hello', inputSchema: { type: 'object' } }],
        callTool: async (name, args) => ({ content: [{ type: 'text', text: `${name} ${JSON.stringify(args)}` }] }),
      };
    };
    await using map = await manage(entries, { createProxy, connectorsApiKey: secret('K') });
    await map.manager.sync();
    expect(await map.manager.callTool('own.hello', { a: 1 })).toMatchObject({ content: [{ text: 'hello {"a":1}' }] });
    expect(configs[0]).toMatchObject({
      connectorId: 'own',
      endpoint: 'http://127.0.0.1:9/own',
      headers: { Authorization: `Bearer ${secret('K')}` },
      unavailableErrorName: 'ownConnectorUnavailableError',
      unavailableErrorMessage: 'Connector own connector is temporarily unavailable',
    });
  });

  it('a proxy of createProxy() can send requests with the undici agent in its configuration', async () => {
    await using server = await RawMcpServer.start({ GET: ({ response }) => void response.end('from the server') });
    const { origin, pathname: path } = server.url;
    let agent: Dispatcher | null = null;
    const createProxy: ConnectorProxyManagerOptions['createProxy'] = (config) => {
      agent = config.agent as Dispatcher;
      return {
        connect: async () => {},
        getTools: () => [{ name: 'fetch', inputSchema: { type: 'object' } }],
        callTool: async () => {
          const { body } = await (config.agent as Dispatcher).request({ origin, path, method: 'GET' });
          return { content: [{ type: 'text', text: await body.text() }] };
        },
      };
    };
    await using map = await manage(entries, { createProxy, connectorsApiKey: secret('K') });
    await map.manager.sync();
    expect(await map.manager.callTool('own.fetch', {})).toMatchObject({ content: [{ text: 'from the server' }] });
    expect(agent).toBeInstanceOf(Dispatcher);
  });

  it('a tool of a proxy from createProxy() is left out if it cannot be written as JSON', async () => {
    const round: Record<string, unknown> = { type: 'object' };
    round.itself = round;
    const createProxy: ConnectorProxyManagerOptions['createProxy'] = () => ({
      connect: async () => {},
      getTools: () => [
        { name: 'big', inputSchema: { type: 'object', maximum: 1n } },
        { name: 'round', inputSchema: round },
        { name: 'hello', inputSchema: { type: 'object' } },
      ],
      callTool: async () => ({ content: [] }),
    });
    await using map = await manage([entry('own')], { createProxy, pinTools: 'quarantine' });
    await map.manager.sync();
    expect(map.manager.listTools().map(({ name }) => name)).toEqual(['own.hello']);
  });

  it('a connector goes down when its proxy from createProxy() reports that it is unavailable', async () => {
    const said: string[] = [];
    let goDown = (): void => {};
    const createProxy: ConnectorProxyManagerOptions['createProxy'] = ({ onAvailabilityChange }) => ({
      connect: async () => {
        goDown = () => onAvailabilityChange(false);
      },
      getTools: async () => [],
      callTool: () => Promise.reject(new Error('no')),
      disconnect: async () => void said.push('disconnected'),
    });
    const map = await manage(entries, { createProxy, connectorsApiKey: secret('K'), random: { next: () => 1 } });
    await map.manager.sync();
    goDown();
    expect(map.manager.connector('own')?.status?.state).toBe('backing-off');
    await map[Symbol.asyncDispose]();
    expect(said).toEqual(['disconnected']);
  });

  it.each<[string, () => Promise<void>, string]>([
    ['fails', () => Promise.reject(new Error('no route')), 'CONNECTOR_CONNECT_FAILED'],
    ['hangs', () => new Promise(() => {}), 'CONNECTOR_TIMEOUT'],
  ])('a connector backs off if connect() of its proxy from createProxy() %s', async (_, connect, code) => {
    const createProxy: ConnectorProxyManagerOptions['createProxy'] = () => ({
      connect,
      getTools: () => [],
      callTool: async () => ({}),
      disconnect: () => {
        throw new Error('cannot even do that');
      },
    });
    await using map = await manage(entries, { createProxy, connectorsApiKey: secret('K'), connectTimeoutMs: 100 });
    await map.manager.sync();
    expect(map.manager.connector('own')?.status).toMatchObject({ state: 'backing-off', lastError: { code } });
  });

  it('the methods of a proxy from createProxy() may be synchronous, and callTool() may return nothing', async () => {
    const createProxy = (() => ({
      connect() {},
      getTools: () => [{ name: 'x', inputSchema: {} }],
      callTool() {},
    })) as unknown as NonNullable<ConnectorProxyManagerOptions['createProxy']>;
    await using map = await manage([entry('own')], { createProxy });
    await map.manager.sync();
    await expect(map.manager.callTool('own.x')).resolves.toBeUndefined();
  });

  it('a connector stays down if its proxy from createProxy() reports inside connect() that it is unavailable', async () => {
    const createProxy: ConnectorProxyManagerOptions['createProxy'] = ({ onAvailabilityChange }) => ({
      connect: async () => onAvailabilityChange(false),
      getTools: () => [],
      callTool: async () => ({}),
    });
    await using map = await manage([entry('own')], { createProxy });
    await map.manager.sync();
    expect(map.manager.status().connectors).toMatchObject([
      { state: 'backing-off', lastError: { code: 'CONNECTOR_CONNECT_FAILED' } },
    ]);
  });

  it('if callTool() of a proxy from createProxy() fails, its error is the `cause` of the error that the caller gets', async () => {
    const createProxy: ConnectorProxyManagerOptions['createProxy'] = () => ({
      connect: async () => {},
      getTools: () => [{ name: 'bad', inputSchema: {} }],
      callTool: () => Promise.reject(new Error('wrong argument')),
    });
    await using map = await manage(entries, { createProxy, connectorsApiKey: secret('K') });
    await map.manager.sync();
    await expect(map.manager.callTool('own.bad')).rejects.toMatchObject({
      code: 'TOOL_CALL_REJECTED',
      cause: { message: 'wrong argument' },
    });
    const aborted = map.manager.callTool('own.bad', {}, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'TOOL_CALL_ABORTED' });
  });
});
