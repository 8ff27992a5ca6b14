import { Gateway, type GatewayOptions } from '../../src/main/gateway/gateway.ts';
import { type Listener, type ListenerOptions, listenHttp } from '../../src/main/gateway/http/listener.ts';
import { createGatewayHost } from '../../src/main/gateway/protocol/gateway-host.ts';
import { ConnectorProxyManager, type LocalManagerOptions } from '../../src/main/index.ts';
import { LocalFile } from './local-file.ts';
import { type LogLine, recordingLogger } from './log.ts';

const LIMITS: ListenerOptions['limits'] = {
  maxBodyBytes: 100_000,
  maxBodiesBytes: 10_000_000,
  maxSessions: 100,
  sessionIdleMs: 60_000,
  maxConcurrent: 100,
  maxStreams: 100,
  maxConnections: 200,
  requestTimeoutMs: 5_000,
};

export interface WorldOptions {
  readonly manager?: Partial<LocalManagerOptions>;
  readonly gateway?: Partial<Pick<GatewayOptions, 'separator' | 'tools' | 'routes' | 'fleet'>>;
  readonly listener?: Partial<Omit<ListenerOptions, 'limits'>>;
  readonly limits?: Partial<ListenerOptions['limits']>;
}

/** A gateway on loopback, whose connectors are defined in a file. Everything is closed when the scope ends. */
export interface GatewayWorld extends AsyncDisposable {
  readonly manager: ConnectorProxyManager;
  readonly gateway: Gateway;
  readonly listener: Listener;
  readonly file: LocalFile;
  readonly lines: readonly LogLine[];
}

/** Starts a gateway and waits until the connectors are up or have failed. */
export async function startGateway(
  servers: Readonly<Record<string, object>>,
  options: WorldOptions = {},
): Promise<GatewayWorld> {
  const file = new LocalFile(servers);
  const logger = recordingLogger();
  const host = createGatewayHost();
  const manager = new ConnectorProxyManager({
    ...{ configFile: file.path, logger, host, notifications: true },
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    ...options.manager,
  });
  const gateway = new Gateway({
    ...{ manager, host, logger, separator: '__', tools: [], routes: {} },
    ...options.gateway,
  });
  const listener = await listenHttp({
    ...{ gateway, logger, host: '127.0.0.1', port: 0, tokens: [], allowedHosts: [], allowedOrigins: [] },
    ...{ readyFor: 'any', hasSessions: true },
    ...options.listener,
    limits: { ...LIMITS, ...options.limits },
  });
  await manager.sync();
  return {
    ...{ manager, gateway, listener, file, lines: logger.lines },
    async [Symbol.asyncDispose]() {
      await listener.close(100);
      gateway.close();
      await manager.close();
      file[Symbol.dispose]();
    },
  };
}

/** Creates the entry of a configuration file for a server over HTTP. */
export function remote(server: { readonly url: URL | string }, more: object = {}): object {
  return { type: 'http', url: String(server.url), ...more };
}
