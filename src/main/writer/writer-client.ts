import { Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { deadline, raceSignal, settledWithin } from '../../shared/clock.ts';
import { fromWireError, SwitchyardError } from '../../shared/errors.ts';
import { portEndpoint } from '../../shared/protocol/comlink-endpoint.ts';
import { isLoginsChangedMessage, type LoginWriterApi } from '../../shared/protocol/login-messages.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/thread-messages.ts';
import type { SourceNotes, StoredMap, StoredSource, WriterApi } from '../../shared/protocol/writer-messages.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { KnownServers, ServerChange, ServerNews, SyncMode } from '../../shared/servers/server-records.ts';
import { isStoreNoteMessage } from '../../shared/servers/store-notes.ts';
import { type Logger, silentLogger } from '../observability/logger.ts';
import { workerUrl } from '../threads/worker-url.ts';
import { reportStoreNote } from './report-store-note.ts';
import { awaitEnd } from './stuck-threads.ts';

/** Timeout for closing the store, and then for ending the thread. A broken disk may block either step forever. */
const CLOSE_TIMEOUT_MS = 2_500;

/**
 * Timeout for a response, because a disk that hangs, such as a lost network share, must not block a sync. It is longer
 * than the 5 s for which SQLite waits for a lock.
 */
const ANSWER_TIMEOUT_MS = 7_000;

export interface WriterClientOptions {
  readonly logger?: Logger;
  /** The thread's file. Only tests use a different file. */
  readonly workerUrl?: URL;
  readonly answerTimeoutMs?: number;
}

type RemoteReply<T> = Promise<WriterReply<T>>;

/** Listener for changes of the stored logins. */
export interface LoginListener {
  /** Called when the stored logins have changed since they were last read. */
  readonly changed: () => void;
  /** Called when the writer thread, which watches the logins, has ended. */
  readonly lost: () => void;
}

/** A running writer thread. Its store is open or being opened. */
interface Session {
  readonly worker: Worker;
  readonly api: Comlink.Remote<WriterApi>;
  /** Aborts when the thread has ended. */
  readonly exit: AbortController;
  /** Resolves with the path of the store once it is open. */
  opened: Promise<string>;
  /** Whether the store could not be opened. The next request that needs the store tries again. */
  isUnopened: boolean;
  /** Whether the thread is useful without the store, because logins are in a separate file. */
  keepsLogins: boolean;
  /** The number of pending responses. */
  pending: number;
  /**
   * The number of late responses whose callers have given up. Until these responses arrive, no other request is sent.
   */
  overdue: number;
}

/**
 * Sends requests from the main thread to the writer thread. The thread starts with the first request, and keeps the
 * process running only while a response is pending. If the thread ended or could not open the store, the next request
 * starts a new thread. Every request rejects with a SwitchyardError: an error of the store, WORKER_FILE_MISSING, or
 * STORE_UNAVAILABLE if the thread ends before it responds.
 */
export class WriterClient {
  readonly #stateDir: string;
  readonly #logger: Logger;
  readonly #workerUrl: URL | null;
  readonly #answerTimeoutMs: number;
  #session: Session | null = null;
  #isClosed = false;
  #loginListener: LoginListener | null = null;

  constructor(stateDir: string, options: WriterClientOptions = {}) {
    this.#stateDir = stateDir;
    this.#logger = options.logger ?? silentLogger;
    this.#workerUrl = options.workerUrl ?? null;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  }

  /** Opens the store, unless it is already open. Resolves with the path of its file. */
  open(): Promise<string> {
    return this.#call((session) => session.opened);
  }

  /** Sends one request to the writer thread. Rejects with the error that the writer reports. */
  ask<T>(question: (api: Comlink.Remote<WriterApi>) => Promise<WriterReply<T>>): Promise<T> {
    return this.#call(({ api }) => answer(question(api)));
  }

  /**
   * Sends a request about logins, even if the store itself cannot be opened. Rejects with the error that the writer
   * reports.
   */
  askLogins<T>(question: (api: Comlink.Remote<LoginWriterApi>) => Promise<WriterReply<T>>): Promise<T> {
    return this.#call(({ api }) => answer(question(api)), 'logins');
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sets the listener for changes of logins after `watchLogins(true)`. Null removes the listener. */
  listenToLogins(listener: LoginListener | null): void {
    this.#loginListener = listener;
  }

  /** Reads what is stored about a source. `oldKeys` are the store keys that earlier versions used for it. */
  readSource(storeKey: string, oldKeys: readonly string[] = []): Promise<StoredSource> {
    return this.#call(({ api }) => answer(api.readSource(storeKey, oldKeys)));
  }

  /** Stores a map. Resolves when it is on disk. The buffer of `body` is transferred and must not be used afterwards. */
  saveMap(map: StoredMap, notes: SourceNotes): Promise<void> {
    return this.#call(async ({ api }) => {
      await answer<null>(api.saveMap(Comlink.transfer(map, [map.body.buffer]), notes));
    });
  }

  /** Applies changes of servers. Resolves when they are on disk. */
  applyServers(changes: readonly ServerChange[]): Promise<void> {
    return this.#call(async ({ api }) => {
      await answer<null>(api.applyServers(changes));
    });
  }

  /** Returns the changes in the registry since the state `known`. */
  syncServers(path: string, known: KnownServers, mode: SyncMode): Promise<ServerNews> {
    return this.#call(({ api }) => answer(api.syncServers(path, known, mode)));
  }

  /**
   * Sends changes to the thread when the process is exiting and cannot wait for a promise. Starts the thread if needed.
   * The thread writes the changes to disk, and then sets the first element of the returned array to 1, even after a
   * failure. Returns null once the client is closed. Throws WORKER_FILE_MISSING.
   */
  finish(changes: readonly ServerChange[], path: string, known: KnownServers): Int32Array | null {
    if (this.#isClosed) return null;
    this.#session ??= this.#start();
    const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    void this.#session.api.finish(changes, path, known, done);
    return done;
  }

  /** Closes the store and ends the thread. A thread that is stuck is abandoned after 5 s. Idempotent. Never rejects. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#isClosed = true;
    if (session === null) return;
    this.#session = null;
    // The thread handles earlier requests first, so they are all answered before the store closes.
    await settledWithin(raceSignal<unknown>(session.api.close(), session.exit.signal), CLOSE_TIMEOUT_MS);
    await awaitEnd(session.worker.terminate(), CLOSE_TIMEOUT_MS, this.#logger);
  }

  /**
   * Runs `work` in the current session or in a new session, as soon as its store is open. For logins, `work` also runs
   * if the store could not be opened.
   */
  async #call<T>(work: (session: Session) => Promise<T>, what: 'store' | 'logins' = 'store'): Promise<T> {
    if (this.#isClosed) throw ended(undefined);
    this.#session ??= this.#start();
    const session = this.#session;
    session.keepsLogins ||= what === 'logins';
    if (session.overdue > 0) throw this.#hangs();
    if (session.pending === 0) session.worker.ref();
    session.pending += 1;
    using limit = deadline(this.#answerTimeoutMs, () => this.#hangs(), session.exit.signal);
    if (what === 'store' && session.isUnopened) this.#open(session);
    const opened = what === 'store' ? session.opened : session.opened.catch(() => null);
    const answered = opened.then(() => work(session));
    try {
      return await raceSignal(answered, limit.signal);
    } catch (error) {
      if (limit.signal.aborted && !session.exit.signal.aborted) this.#awaitOverdue(session, answered);
      throw error;
    } finally {
      session.pending -= 1;
      if (session.pending === 0) session.worker.unref();
    }
  }

  #awaitOverdue(session: Session, answered: Promise<unknown>): void {
    session.overdue += 1;
    const arrived = (): void => {
      session.overdue -= 1;
    };
    answered.then(arrived, arrived);
  }

  #hangs(): SwitchyardError {
    const message = `The disk of ${this.#stateDir} did not answer within ${this.#answerTimeoutMs} ms.`;
    return new SwitchyardError('STORE_UNAVAILABLE', message);
  }

  #start(): Session {
    const worker = new Worker(this.#workerUrl ?? workerUrl('workers/store-writer.worker'));
    worker.unref();
    const exit = new AbortController();
    const api = Comlink.wrap<WriterApi>(portEndpoint(worker));
    worker.on('message', (message: unknown) => {
      if (isStoreNoteMessage(message)) reportStoreNote(message.note, this.#stateDir, this.#logger);
      if (isLoginsChangedMessage(message)) this.#loginListener?.changed();
    });
    const opened = answer<string>(api.open(PROTOCOL_VERSION, this.#stateDir));
    const state = { isUnopened: false, keepsLogins: false, pending: 0, overdue: 0 };
    const session: Session = { worker, api, exit, opened, ...state };
    worker.once('error', (error) => this.#leave(session, error));
    worker.once('exit', () => this.#leave(session, undefined));
    this.#handleUnopened(session);
    return session;
  }

  #open(session: Session): void {
    session.isUnopened = false;
    session.opened = answer<string>(session.api.open(PROTOCOL_VERSION, this.#stateDir));
    this.#handleUnopened(session);
  }

  #handleUnopened(session: Session): void {
    session.opened.catch((error: unknown) => {
      session.isUnopened = true;
      if (session.keepsLogins) return;
      this.#leave(session, error);
      void session.worker.terminate();
    });
  }

  #leave(session: Session, cause: unknown): void {
    if (this.#session === session) this.#session = null;
    if (session.exit.signal.aborted) return;
    session.exit.abort(ended(cause));
    if (!this.#isClosed) this.#loginListener?.lost();
  }
}

async function answer<T>(reply: RemoteReply<T>): Promise<T> {
  const settled = await reply;
  if (!settled.ok) throw fromWireError(settled.error);
  return settled.value;
}

function ended(cause: unknown): SwitchyardError {
  if (cause instanceof SwitchyardError) return cause;
  return new SwitchyardError('STORE_UNAVAILABLE', 'The thread that owns the store has ended.', { cause });
}
