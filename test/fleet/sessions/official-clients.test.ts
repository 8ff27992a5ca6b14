import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { hasResources, isConnected, startReplicas } from '../../helpers/fleet/gateway-replicas.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { RoundRobinProxy } from '../../helpers/fleet/round-robin-proxy.ts';
import { WatchableConnector } from '../../helpers/fleet/watchable-connector.ts';
import { remote } from '../../helpers/gateway-world.ts';

/** The features that both lines of the SDK have, and how each line receives updates. */
interface WatchingClient {
  readonly subscribe: (uri: string) => Promise<unknown>;
  readonly callTool: (name: string) => Promise<unknown>;
  /** Ends the session with DELETE, and closes the client. */
  readonly end: () => Promise<void>;
}

async function connectFirst(url: string, onUpdate: (uri: string) => void): Promise<WatchingClient> {
  const client = new Client1({ name: 'sdk-1', version: '1.0.0' });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => onUpdate(params.uri));
  const transport = new Http1(new URL(url));
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    subscribe: (uri) => client.subscribeResource({ uri }),
    callTool: (name) => client.callTool({ name }),
    async end() {
      await transport.terminateSession();
      await client.close();
    },
  };
}

async function connectSecond(url: string, onUpdate: (uri: string) => void): Promise<WatchingClient> {
  const client = new Client2({ name: 'sdk-2', version: '2.0.0' }, { versionNegotiation: { mode: 'legacy' } });
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => onUpdate(params.uri));
  const transport = new Http2(new URL(url));
  await client.connect(transport);
  return {
    subscribe: (uri) => client.subscribeResource({ uri }),
    callTool: (name) => client.callTool({ name }),
    async end() {
      await transport.terminateSession();
      await client.close();
    },
  };
}

describe.skipIf(!hasRedis)('official clients behind a load balancer without session affinity', () => {
  it.each([
    ['1.x', connectFirst],
    ['2.x', connectSecond],
  ])(
    'an official client (SDK %s) behind a load balancer gets resource updates, calls tools and ends its session',
    async (_, connect) => {
      await using redis = await RedisServer.start();
      await using connector = await WatchableConnector.start();
      await using replicas = await startReplicas(3, { a: remote(connector.server) }, { redisUrl: redis.url });
      const all = [0, 1, 2].map((index) => replicas.at(index));
      for (const replica of all) {
        await isConnected(replica);
        await hasResources(replica.mcp);
      }
      await eventually('the connector can notify all clients', () => connector.listening === 3);
      await using proxy = await RoundRobinProxy.start(all.map(({ listener }) => listener.url));
      const updates: string[] = [];
      const client = await connect(`${proxy.url}/mcp`, (uri) => void updates.push(uri));
      await client.subscribe('a+x://y');
      await eventually('its stream is open', () => proxy.requests.some(({ method }) => method === 'GET'));
      await eventually('one replica watches', () => connector.watching.size === 1);
      for (let turn = 0; turn < 6; turn += 1)
        expect(await client.callTool('a__echo')).toMatchObject({ content: [{ type: 'text', text: 'echoed' }] });
      const before = updates.length;
      connector.change();
      await eventually('the client is notified', () => updates.length > before);
      expect(new Set(updates)).toEqual(new Set(['a+x://y']));
      await client.end();
      await eventually('no replica watches it', () => connector.watching.size === 0);
      expect(new Set(proxy.requests.map(({ upstream }) => upstream)).size).toBe(3);
    },
  );
});
