import { Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { raceSignal, settledWithin } from '../../shared/clock.ts';
import { portEndpoint } from '../../shared/comlink-endpoint.ts';
import { fromWireError, SwitchyardError } from '../../shared/errors.ts';
import {
  PROTOCOL_VERSION,
  type StoredMap,
  type StoredSource,
  type WriterApi,
  type WriterReply,
} from '../../shared/protocol.ts';
import { workerUrl } from '../../shared/worker-url.ts';

/** How long the disk may take to close a store, and a thread to die; either may hang for ever. */
const CLOSE_TIMEOUT_MS = 2_500;

type RemoteReply<T> = Promise<WriterReply<T>>;

/**
 * Main's end of the writer worker. The thread starts with the first call and keeps the process running only while an answer is
 * due. Every call rejects with a SwitchyardError: the store's own, or STORE_UNAVAILABLE when the thread ends before it answered
 * (Comlink alone would wait for ever).
 */
export class WriterClient {
  readonly #stateDir: string;
  readonly #workerUrl: URL;
  #worker: Worker | null = null;
  #api: Comlink.Remote<WriterApi> | null = null;
  #opened: Promise<string> | null = null;
  readonly #exit = new AbortController();
  #pending = 0;

  constructor(stateDir: string, url: URL = workerUrl('workers/registry-writer.worker')) {
    this.#stateDir = stateDir;
    this.#workerUrl = url;
  }

  /** Opens the store, unless that was done. Resolves with the path of its file. */
  open(): Promise<string> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async readSource(sourceId: string): Promise<StoredSource> {
    await this.open();
    return this.#call((api) => api.readSource(sourceId));
  }

  /** Resolves when the map is durable. Its `body` is handed over to the writer and must not be used afterwards. */
  async saveMap(map: StoredMap): Promise<void> {
    await this.open();
    await this.#call((api) => api.saveMap(Comlink.transfer(map, [map.body.buffer])));
  }

  /** Closes the store and ends the thread; gives up on one that is stuck after 5 s. Idempotent; never rejects. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    // A call in the queue is answered before this one.
    await settledWithin(
      this.#call((api) => api.close()),
      CLOSE_TIMEOUT_MS,
    );
    this.#worker = null;
    await settledWithin(worker.terminate(), CLOSE_TIMEOUT_MS);
  }

  #open(): Promise<string> {
    const worker = new Worker(this.#workerUrl);
    worker.unref();
    this.#worker = worker;
    this.#api = Comlink.wrap<WriterApi>(portEndpoint(worker));
    worker.once('error', (cause) => this.#exit.abort(ended(cause)));
    worker.once('exit', () => this.#exit.abort(ended(undefined)));
    return this.#call((api) => api.open(PROTOCOL_VERSION, this.#stateDir));
  }

  async #call<T>(invoke: (api: Comlink.Remote<WriterApi>) => RemoteReply<T>): Promise<T> {
    if (this.#api === null || this.#worker === null) throw ended(undefined);
    const worker = this.#worker;
    if (this.#pending === 0) worker.ref();
    this.#pending += 1;
    try {
      const reply = await raceSignal(invoke(this.#api), this.#exit.signal);
      if (!reply.ok) throw fromWireError(reply.error);
      return reply.value;
    } finally {
      this.#pending -= 1;
      if (this.#pending === 0) worker.unref();
    }
  }
}

function ended(cause: unknown): SwitchyardError {
  return new SwitchyardError('STORE_UNAVAILABLE', 'The thread that owns the store has ended.', { cause });
}
