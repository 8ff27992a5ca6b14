import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { monotonicMs } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { DEFAULT_LIMITS, DEFAULT_PORT } from '../../gateway/http/limits.ts';
import { type Listener, listenHttp } from '../../gateway/http/listener.ts';
import type { GatewayHost } from '../../gateway/protocol/gateway-host.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { createWarningLogger } from '../terminal/warning-logger.ts';

/** What a client received from the gateway. */
export interface GatewayVisit {
  readonly era: 'legacy' | 'modern';
  readonly tools: number;
  /** Time from the start of the connection until the list of tools was received, in milliseconds. */
  readonly listedMs: number;
  readonly answer: string;
}

export interface DemoGateway extends AsyncDisposable {
  readonly listener: Listener;
}

/**
 * Starts a gateway for the connectors of the demo. It listens on the default port, or on any free port if the default
 * port is in use.
 */
export async function serveDemo(manager: ConnectorProxyManager, host: GatewayHost): Promise<DemoGateway> {
  const logger = createWarningLogger();
  const gateway = new Gateway({ manager, host, logger, separator: '__', tools: [], routes: {} });
  const listen = (port: number): Promise<Listener> =>
    listenHttp({
      ...{ gateway, logger, host: '127.0.0.1', port, tokens: [], allowedHosts: [], allowedOrigins: [] },
      ...{ readyFor: 'all', hasSessions: true, limits: DEFAULT_LIMITS },
    });
  const listener = await listen(DEFAULT_PORT).catch((error: unknown) => {
    if (codeOf(error) !== 'LISTEN_FAILED') throw error;
    return listen(0);
  });
  return {
    listener,
    async [Symbol.asyncDispose]() {
      await listener.close(1_000);
      gateway.close();
    },
  };
}

/** Connects to the gateway with the official MCP SDK, lists the tools and calls one of them. */
export async function visitGateway(mcp: string, era: GatewayVisit['era']): Promise<GatewayVisit> {
  const mode = era === 'modern' ? 'auto' : 'legacy';
  const client = new Client({ name: 'demo', version: '1' }, { versionNegotiation: { mode } });
  const startedMs = monotonicMs();
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(mcp)));
    const { tools } = await client.listTools();
    const listedMs = monotonicMs() - startedMs;
    const { content } = await client.callTool({ name: 'toolbox__add', arguments: { a: 19, b: 23 } });
    const [first] = content as readonly { readonly text?: string }[];
    return { era, tools: tools.length, listedMs, answer: first?.text ?? '' };
  } finally {
    await client.close();
  }
}
