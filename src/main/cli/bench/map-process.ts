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
let mode = 'same';
let changedCount = 0;

function answer(response: ServerResponse, ifNoneMatch: string | undefined): void {
  if (mode === 'failing') return void response.writeHead(503).end();
  if (mode === 'not-modified' && ifNoneMatch === map.etag) return void response.writeHead(304).end();
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': map.body.length,
    ...(mode !== 'same' && { etag: map.etag }),
  });
  response.end(map.body);
}

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    const [, name = '', count] = (request.url ?? '').split('/');
    mode = name;
    changedCount = Number(count ?? 0);
    if (mode === 'changed') map.change(changedCount);
    response.end();
    return;
  }
  setTimeout(() => {
    answer(response, request.headers['if-none-match']);
    // The next one is made ready beforehand.
    if (mode === 'changed') setTimeout(() => map.change(changedCount), 20);
  }, options.latencyMs ?? 0);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
