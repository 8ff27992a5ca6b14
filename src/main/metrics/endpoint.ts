import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../shared/errors.ts';
import type { ManagerStatus } from '../manager-status.ts';
import { getConnectorMetricsRegistry } from './instruments.ts';

/** An HTTP server that shows metrics and health. */
export interface MetricsEndpoint extends AsyncDisposable {
  /** `http://HOST:PORT`, without a path. */
  readonly url: string;
}

/**
 * Serves `/metrics` (Prometheus text) and `/healthz` (200 while there is a fresh map and no enabled connector is down, else 503; the
 * status as JSON either way). Rejects where it cannot listen.
 */
export async function serveMetrics(
  status: () => ManagerStatus,
  host = '127.0.0.1',
  port = 0,
): Promise<MetricsEndpoint> {
  const registry = getConnectorMetricsRegistry();
  const server = createServer((request, response) => {
    switch (request.url) {
      case '/metrics':
        registry.metrics().then(
          (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
          (error: unknown) => response.writeHead(500).end(messageOf(error)),
        );
        return;
      case '/healthz': {
        const now = status();
        response.writeHead(isHealthy(now) ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(now));
        return;
      }
      default:
        response.writeHead(404).end('There are /metrics and /healthz\n');
    }
  });
  const listeningPort = await listen(server, host, port);
  return {
    url: `http://${host}:${listeningPort}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isHealthy(status: ManagerStatus): boolean {
  const areUp = status.connectors.every(
    ({ state }) => state === 'ready' || state === 'degraded' || state === 'disabled',
  );
  const { url, freshness } = status.serviceMap;
  return (url === null || freshness === 'fresh') && areUp;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
