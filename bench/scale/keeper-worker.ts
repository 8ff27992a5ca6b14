/** Worker of worker-keepers.ts. Whenever it receives a message, it loads the map in the way given by `workerData`. */

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { fetch } from 'undici';
import { MAP_KEY } from '../../src/main/cli/bench/map-server.ts';
import { ProvenMaps } from '../../src/shared/load/proven-maps.ts';
import { runLoad } from '../../src/shared/load/run-load.ts';
import { verifyServiceMapSignature } from '../../src/shared/map/signature.ts';
import {
  type CommitEvent,
  type KnownMap,
  type LoadTask,
  PROTOCOL_VERSION,
} from '../../src/shared/protocol/thread-messages.ts';
import { hmacTrust } from '../../src/shared/signatures/trust.ts';
import type { WorkerAnswer } from './worker-keepers.ts';

const { way, url } = workerData as { way: 'clone' | 'floor'; url: string };
if (way === 'floor') setPriority(0, 10);

const proven = new ProvenMaps();
let etag: string | null = null;
let known: KnownMap | null = null;

async function clone(): Promise<WorkerAnswer> {
  const response = await fetch(url, { headers: etag === null ? {} : { 'if-none-match': etag } });
  if (response.status === 304) return { kind: 'done' };
  etag = response.headers.get('etag');
  const { signature, ...map } = JSON.parse(await response.text()) as { signature: string };
  if (!verifyServiceMapSignature(map, signature, MAP_KEY)) throw new Error('The signature of the map is invalid');
  return { kind: 'map', map };
}

async function floor(): Promise<WorkerAnswer> {
  const task: LoadTask = {
    version: PROTOCOL_VERSION,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
    request: { url, headers: {}, etag, timeoutMs: 60_000, maxBytes: 2 ** 30 },
    network: { id: 'plain', tls: null, proxy: null },
    given: null,
    known,
    policy: {
      trust: hmacTrust(MAP_KEY),
      nowMs: Date.now(),
      floorMs: null,
      maxSkewMs: 300_000,
      maxConnectors: 1e6,
      allowExpired: false,
      maxStaleMs: null,
    },
    wantsBody: false,
  };
  const context = { thread: 'floor', fetch: fetch as never, signal: new AbortController().signal, proven };
  for await (const event of runLoad(task, context)) {
    if (event.kind === 'failed') throw new Error(event.error.message);
    if (event.kind === 'commit') take(event);
    if (event.kind === 'unchanged') etag = event.etag;
  }
  return { kind: 'done' };
}

function take({ etag: tag, bodySha256, digests, expiresAtMs }: CommitEvent): void {
  etag = tag;
  known = { bodySha256, digests, expiresAtMs };
}

parentPort?.on('message', () => {
  void (way === 'clone' ? clone() : floor()).then((answer) => parentPort?.postMessage(answer));
});
