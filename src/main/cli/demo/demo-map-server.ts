import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { createServiceMapSignature } from '../../../shared/map/signature.ts';

const PATH = '/v1/connectors/service-map';
const TTL_SECONDS = 3600;

/** Serves a signed map on loopback. The HMAC key is generated when the server is created. */
export class DemoMapServer implements AsyncDisposable {
  readonly signatureKey: string = randomBytes(32).toString('base64url');
  readonly #server: Server;
  readonly #clock: Clock;
  #connectors: readonly object[] = [];
  #body = '';
  #etag = '';
  #generatedAtMs = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#server = createServer((request, response) => {
      // A publisher signs a new map before the previous map expires.
      if (this.#clock.now() > this.#generatedAtMs + (TTL_SECONDS * 1000) / 2) this.publish(this.#connectors);
      if (request.url !== PATH) response.writeHead(404).end();
      else if (request.headers['if-none-match'] === this.#etag) response.writeHead(304).end();
      else response.writeHead(200, { 'content-type': 'application/json', etag: this.#etag }).end(this.#body);
    });
  }

  /** Starts to listen on a free port. Resolves with the URL of the map. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${PATH}`);
      });
    });
  }

  /** Signs a map with these connectors, and serves it instead of the previous map. */
  publish(connectors: readonly object[]): void {
    this.#connectors = connectors;
    // Each map needs another `generatedAt`, because a manager reports two different maps with the same `generatedAt` as
    // an error.
    this.#generatedAtMs = Math.max(this.#clock.now(), this.#generatedAtMs + 1);
    const payload = {
      id: '01JD0000000000000000000000',
      brand: 'switchyard-demo',
      generatedAt: new Date(this.#generatedAtMs).toISOString(),
      ttlSeconds: TTL_SECONDS,
      connectors,
    };
    const signature = createServiceMapSignature(payload, this.signatureKey);
    this.#body = JSON.stringify({ ...payload, signature });
    this.#etag = `"${signature.slice(0, 16)}"`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
