import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServiceMapSignature } from '../../src/main/index.ts';
import { BENCH_KEY } from './maps.ts';

/** A running server that serves a signed map. */
export interface FixtureMap extends Disposable {
  readonly url: string;
}

/** Serves a signed map with connectors `c0`, `c1` and so on, which have these URLs. */
export async function serveMapOf(urls: readonly string[]): Promise<FixtureMap> {
  const server = createServer((_, response) => response.end(signedMap(urls)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.dispose]: () => void server.close(),
  };
}

function signedMap(urls: readonly string[]): string {
  const connectors = urls.map((endpoint, index) => ({
    id: `c${index}`,
    version: '1',
    name: `Connector ${index}`,
    status: 'enabled',
    ttl: 300,
    scopes: ['bench'],
    endpoint,
  }));
  const map = { id: 'bench', brand: 'bench', generatedAt: new Date().toISOString(), ttlSeconds: 3_600, connectors };
  return JSON.stringify({ ...map, signature: createServiceMapSignature(map, BENCH_KEY) });
}
