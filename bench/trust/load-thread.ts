import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { LoadCollector, type LoadOutcome } from '../../src/main/service-map/loading/collect-load.ts';
import { Snapshot } from '../../src/main/service-map/snapshot.ts';
import { systemClock } from '../../src/shared/clock.ts';
import {
  type KnownMap,
  type LoadEvent,
  type LoadTask,
  PROTOCOL_VERSION,
} from '../../src/shared/protocol/thread-messages.ts';
import type { SignatureTrust } from '../../src/shared/signatures/trust.ts';
import { collectGarbage } from './collect-garbage.ts';

/** Processor time of one load in milliseconds: on the worker, which verifies the map, and on the main thread. */
export interface LoadCost {
  readonly threadMs: number;
  readonly mainMs: number;
}

/** Loads maps: its worker verifies them like a thread of the pool, and the main thread does the rest. */
export class LoadThread {
  readonly #worker = new Worker(new URL('./load-thread.worker.ts', import.meta.url));
  readonly #trust: SignatureTrust;
  #snapshot = Snapshot.empty();
  #known: KnownMap | null = null;

  constructor(trust: SignatureTrust) {
    this.#trust = trust;
  }

  /**
   * Loads a map that follows the previous map, so that only the changes are verified. The first map is verified in
   * full.
   */
  async refresh(body: string): Promise<LoadCost> {
    return await this.#load(body, this.#known);
  }

  /** Loads a map and verifies it in full, as if no map was known. */
  async proveWhole(body: string): Promise<LoadCost> {
    this.#snapshot = Snapshot.empty();
    return await this.#load(body, null);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #load(body: string, known: KnownMap | null): Promise<LoadCost> {
    const bytes = new TextEncoder().encode(body);
    const { port1: port, port2: workerPort } = new MessageChannel();
    const collector = new LoadCollector();
    const measured = once(this.#worker, 'message') as Promise<[number]>;
    collectGarbage();
    const before = process.threadCpuUsage();
    const ended = new Promise<LoadOutcome>((resolve) => {
      port.on('message', (event: LoadEvent) => {
        const outcome = collector.take(event);
        if (outcome !== null) resolve(outcome);
        else port.postMessage({ kind: 'credit' });
      });
    });
    const task = this.#taskOf(bytes, known);
    this.#worker.postMessage({ ...task, port: workerPort }, [workerPort, bytes.buffer]);
    const outcome = await ended;
    if (outcome.kind !== 'loaded') throw new Error(outcome.kind === 'failed' ? outcome.error.message : outcome.kind);
    const { commit, sent } = outcome;
    this.#snapshot = this.#snapshot.next(sent, commit, { removed: commit.delta.removed, held: [] });
    const { user, system } = process.threadCpuUsage(before);
    this.#known = { bodySha256: commit.bodySha256, digests: commit.digests, expiresAtMs: commit.expiresAtMs };
    const [threadMs] = await measured;
    port.close();
    return { threadMs, mainMs: (user + system) / 1_000 };
  }

  #taskOf(bytes: Uint8Array<ArrayBuffer>, known: KnownMap | null): LoadTask {
    return {
      version: PROTOCOL_VERSION,
      traceparent: '',
      request: { url: 'http://127.0.0.1:9/', headers: {}, etag: null, timeoutMs: 30_000, maxBytes: 1e8 },
      network: { id: 'plain', tls: null, proxy: null },
      given: { kind: 'body', bytes, etag: null, fetchMs: 0 },
      known,
      wantsBody: false,
      policy: {
        trust: this.#trust,
        nowMs: systemClock.now(),
        floorMs: null,
        maxSkewMs: 300_000,
        maxConnectors: 100_000,
        allowExpired: false,
        maxStaleMs: null,
      },
    };
  }
}
