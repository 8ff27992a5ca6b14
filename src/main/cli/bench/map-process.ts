/**
 * Serves a changing map, in a process of its own so that it takes nothing from the one that is measured: `node map-process.ts OPTIONS`, JSON. Prints its URL. What the
 * next requests get is chosen by `POST /changed/N` (N entries change before each answer), `/same` (the same bytes, no ETag), `/not-modified` and `/failing`.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChangingMap, type ChangingMapOptions } from './changing-map.ts';

export interface MapProcessOptions extends ChangingMapOptions {
  /** Before each answer. */
  readonly latencyMs?: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as MapProcessOptions;
const map = new ChangingMap(options);
/** Made beforehand: what is measured must not share its processor with their making. */
const prepared: { readonly body: Buffer; readonly etag: string }[] = [];
const PREPARED = 24;
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
