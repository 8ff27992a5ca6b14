/**
 * Serves a changing service map from a separate process, so that serving takes no time from the measured process.
 * Usage: `node map-process.ts OPTIONS`, where OPTIONS is JSON. Prints the URL of the map. A `POST` to one of these
 * paths chooses how later requests are answered:
 * - `/changed/N`: with a new map, in which N entries have changed
 * - `/same`: with the same bytes each time, and no ETag
 * - `/not-modified`: with 304 if the ETag matches
 * - `/failing`: with 503
 */
import { createHmac } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canonicalizeServiceMapPayload } from '../../../shared/map/signature.ts';
import { MAP_KEY, type MapProcessOptions } from './map-server.ts';

/** Number of changed maps that are prepared in advance. */
const PREPARED = 24;

/**
 * A signed map with entries of 1.4 KB each. Each entry is serialized only when it changes, so that rendering a changed
 * map takes little work.
 */
class ChangingMap {
  readonly #options: MapProcessOptions;
  readonly #texts: string[];
  readonly #startedAtMs = Date.now();
  #version = 0;
  #body: Buffer;

  constructor(options: MapProcessOptions) {
    this.#options = options;
    this.#texts = Array.from({ length: options.count }, (_, index) => this.#textOf(index));
    this.#body = this.#render();
  }

  get body(): Buffer {
    return this.#body;
  }

  get etag(): string {
    return `"${this.#version}"`;
  }

  /** Changes `count` entries, and gives the map a newer `generatedAt`. Each call changes other entries. */
  change(count: number): void {
    const first = this.#options.endpoints.length;
    const others = Math.max(1, this.#options.count - first);
    this.#version += 1;
    for (let changed = 0; changed < count; changed += 1) {
      const index = first + ((this.#version * 7_919 + changed * 199) % others);
      this.#texts[index] = this.#textOf(index);
    }
    this.#body = this.#render();
  }

  #render(): Buffer {
    const generatedAt = new Date(this.#startedAtMs + this.#version).toISOString();
    const connectors = this.#texts.join(',');
    const head = `{"brand":"bench","connectors":[${connectors}],"generatedAt":"${generatedAt}","id":"bench",`;
    const tail = `"ttlSeconds":86400}`;
    const signature = createHmac('sha256', MAP_KEY).update(head).update(tail).digest('base64url');
    return Buffer.from(`${head}"signature":"${signature}",${tail}`);
  }

  #textOf(index: number): string {
    const endpoint = this.#options.endpoints[index];
    const own =
      this.#options.isHeterogeneous === true
        ? { [`x-${index}`]: index, [`y-${index % 97}`]: { [`z-${index}`]: true } }
        : {};
    return canonicalizeServiceMapPayload({
      id: `c${index}`,
      version: `1.4.${this.#version}`,
      name: `Connector ${index}`,
      description: 'A connector with a description of an ordinary length, as a person would write it. '.repeat(3),
      status: endpoint === undefined && this.#options.enabled !== true ? 'disabled' : 'enabled',
      scopes: ['read', 'write', `tenant-${index % 17}`],
      ttl: 300,
      endpoint: endpoint ?? `http://127.0.0.1:9/${index}`,
      headers: { 'x-tenant': `tenant-${index % 17}`, 'x-region': 'eu-west-1' },
      quotas: { perMinute: 60_000, concurrent: 64 },
      timeouts: { connect: 5_000, call: 30_000 },
      tags: ['bench', `group-${index % 5}`],
      metadata: { owner: 'team@example.invalid', tier: index % 3, notes: 'x'.repeat(440), ...own },
      remoteTools: Array.from({ length: 3 }, (__, tool) => ({
        name: `tool_${tool}`,
        description: 'Does one thing well.',
      })),
    });
  }
}

const options = JSON.parse(process.argv[2] ?? '{}') as MapProcessOptions;
const map = new ChangingMap(options);
/**
 * Maps for the next requests. They are rendered in advance, so that rendering does not take processor time from the
 * measurement.
 */
const prepared: { readonly body: Buffer; readonly etag: string }[] = [];
let current = { body: map.body, etag: map.etag };
let mode = 'same';
let changedCount = 0;

function prepare(count: number): void {
  changedCount = count;
  while (prepared.length < PREPARED) {
    map.change(count);
    prepared.push({ body: map.body, etag: map.etag });
  }
}

function answer(response: ServerResponse, ifNoneMatch: string | undefined): void {
  if (mode === 'failing') return void response.writeHead(503).end();
  if (mode === 'changed') current = prepared.shift() ?? current;
  if (mode === 'changed' && prepared.length === 0) prepare(changedCount);
  if (mode === 'not-modified' && ifNoneMatch === current.etag) return void response.writeHead(304).end();
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': current.body.length,
    ...(mode !== 'same' && { etag: current.etag }),
  });
  response.end(current.body);
}

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    const [, name = '', count] = (request.url ?? '').split('/');
    mode = name;
    if (mode === 'changed') prepare(Number(count ?? 0));
    response.end();
    return;
  }
  setTimeout(() => answer(response, request.headers['if-none-match']), options.latencyMs ?? 0);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
