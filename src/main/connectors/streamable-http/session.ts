import type { Dispatcher } from 'undici';
import { startTimer } from '../../../shared/clock.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import {
  type Answer,
  asIncoming,
  asProgress,
  asRpcError,
  type FromServer,
  type JsonObject,
  parseJson,
} from '../../mcp/json-rpc.ts';
import type { RequestTraffic } from '../connection/connection.ts';
import { ClosedConnection, StatusError, UnusableAnswer } from '../connection/failure.ts';
import { isEventStream } from './exchange/body-reader.ts';
import { briefExchange } from './exchange/brief-exchange.ts';
import { type AbortExchange, type ExchangeSink, type HttpRequest, startExchange } from './exchange/http-exchange.ts';
import { openLargeResult } from './large-result.ts';
import { PendingRequest } from './pending-request.ts';
import { RequestWriter } from './request-writer.ts';

export interface SessionOptions {
  readonly dispatcher: Dispatcher;
  readonly url: URL;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxResultBytes: number;
  readonly capabilities: JsonObject;
  /** What the server sends of its own accord; `host` is who is to answer it, where that is another than usual. */
  readonly onMessage: (message: FromServer, host?: HostSide) => void;
  /** Something came that nobody waited for: an answer of an unknown, wrong or repeated id, or what is no message. */
  readonly onStray: () => void;
}

export interface RequestOptions extends RequestTraffic {
  readonly signal: AbortSignal | null;
  /** Further headers, names and values in turn; a modern connection's alone. */
  readonly headers?: readonly string[];
}

/** What hears how a stream that stays open is doing. */
export type StreamSink = Omit<ExchangeSink, 'onValue'>;

/** How often in a row an event stream of a legacy server that ended before its answer is taken up again in vain, and how long before that where the server does not say. */
const MAX_RESUMES = 3;
const RESUME_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** For what is told to a server and needs no answer. */
const TELL_TIMEOUT_MS = 10_000;

/** Where an exchange takes a stream up, and what ended the one before. */
interface Resumption {
  readonly count: number;
  readonly lastEventId: string | null;
  readonly retryMs: number;
  readonly cause: unknown;
}

const FROM_START: Resumption = { count: 0, lastEventId: null, retryMs: RESUME_MS, cause: null };

/** Notices that are no part of the request over whose stream they come. A question is withdrawn by its own id. */
const ABOUT_SERVER: ReadonlySet<string> = new Set(['notifications/resources/updated', 'notifications/cancelled']);

/** Whether a notice is about the server, over whichever stream it comes. */
function isAboutServer(method: string): boolean {
  return method.endsWith('/list_changed') || ABOUT_SERVER.has(method);
}

/** A stream that ends early is a connection that broke; an answer without an answer is none. */
function missingAnswer(isStream: boolean): Error {
  return isStream
    ? new Error('the event stream ended before its answer')
    : new UnusableAnswer('its answer holds no result');
}

/**
 * JSON-RPC over Streamable HTTP: a POST a message, answered with JSON or with events (MCP 2025-11-25 and 2026-07-28, transports). It knows ids, the
 * session, each era's headers, progress, cancellation and resumption, and nothing of tools.
 */
export class StreamableHttpSession {
  readonly #options: SessionOptions;
  readonly #writer: RequestWriter;
  readonly #pending = new Map<number, PendingRequest>();
  readonly #open = new Set<AbortExchange>();
  #nextId = 1;
  #isClosed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#writer = new RequestWriter(options.url, options.headers, options.capabilities);
  }

  get url(): URL {
    return this.#options.url;
  }

  get isModern(): boolean {
    return this.#writer.isModern;
  }

  /** From here on speaks the modern revision, or a legacy one; null while that is still to be agreed on. */
  speak(era: 'modern' | 'legacy', revision: string | null): void {
    this.#writer.speak(era, revision);
  }

  /**
   * Sends a request and resolves with its result. Rejects with an RpcError, a StatusError, an UnusableAnswer, TOOL_RESULT_TOO_LARGE, the
   * network's error, a TypeError where `params` have no JSON form, a ClosedConnection, or the signal's reason, which cancels the request too.
   */
  async request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    const { signal, onProgress, host } = options;
    signal?.throwIfAborted();
    if (this.#isClosed) throw new ClosedConnection();
    const id = this.#nextId++;
    const meta = { progressToken: onProgress === undefined ? null : id, capabilities: host?.capabilities ?? null };
    const request = this.#writer.message(id, method, params, options.headers, meta);
    const pending = new PendingRequest(id, signal, options, (isGivenUp) => {
      this.#pending.delete(id);
      // A legacy server goes on though its connection is gone, unless it is told; to a modern one that is the word.
      if (isGivenUp && !this.isModern && method !== 'initialize') this.#cancel(id);
    });
    this.#pending.set(id, pending);
    this.#exchange(request, pending, method === 'initialize');
    return pending.answer;
  }

  /** Sends a notification. Rejects where it was not taken. */
  notify(method: string, params: JsonObject): Promise<void> {
    return this.#tell(this.#writer.message(null, method, params));
  }

  /** Answers a request of the server. Rejects where the answer was not taken. */
  answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }): Promise<void> {
    return this.#tell(this.#writer.answer(id, answer));
  }

  /**
   * Opens a stream that stays open: in the modern era a POST of `method`, else a GET, which goes on after the event `lastEventId`. Its messages go where
   * all go. The returned function ends it.
   */
  openStream(method: string, params: JsonObject, lastEventId: string | null, sink: StreamSink): AbortExchange {
    if (this.#isClosed) {
      queueMicrotask(() => sink.onFailure(new ClosedConnection()));
      return () => {};
    }
    const id = `${method}:${this.#nextId++}`;
    const request = this.isModern ? this.#writer.message(id, method, params) : this.#writer.listen(lastEventId);
    return this.#send(request, Number.POSITIVE_INFINITY, { ...sink, onValue: (value) => this.#take(value, null) });
  }

  /** Ends whatever is under way, then DELETEs the session where there is one (MCP 2025-03-26, session management). Idempotent. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = new Error('The connection is closed');
    for (const pending of [...this.#pending.values()]) pending.end(closed);
    for (const abort of [...this.#open]) abort(closed);
    if (!this.#writer.hasSession) return;
    await this.#tell(this.#writer.end(), timeoutMs).catch(() => {});
  }

  /** Sends `request` and hears its answer; takes the stream up again where it ends before that. */
  #exchange(request: HttpRequest, pending: PendingRequest, isHandshake: boolean, from: Resumption = FROM_START): void {
    let status = 0;
    let isStream = false;
    let { lastEventId, retryMs } = from;
    const over = (failure: () => unknown): void => {
      pending.ended();
      if (pending.isSettled) return;
      // What fails a resumption says nothing of the request itself.
      const cause = from.cause ?? failure();
      // Servers may end a stream on purpose, so that it is asked for again: one that brought something was no failure.
      const count = lastEventId === from.lastEventId ? from.count : 0;
      const mayResume = lastEventId !== null && count < MAX_RESUMES && !this.isModern && !pending.isHandedOut;
      if (!mayResume || this.#isClosed) {
        pending.reject(cause);
        return;
      }
      const resume = this.#writer.listen(lastEventId);
      const next = { count: count + 1, lastEventId, retryMs, cause };
      // Nothing else may keep the process up while somebody waits for the answer.
      const timer = startTimer(retryMs, () => pending.isSettled || this.#exchange(resume, pending, false, next), {
        keepAlive: true,
      });
      pending.over(() => timer.cancel());
    };
    const abort = this.#send(request, this.#options.maxResultBytes, {
      onHead: (head, headers) => {
        status = head;
        isStream = isEventStream(head, headers);
        if (isHandshake && head < 300) this.#writer.adopt(headers);
      },
      onValue: (value) => this.#take(value, pending),
      onLargeValue: (head, flow) => openLargeResult(head, flow, pending),
      onEventId: (id) => {
        lastEventId = id || null;
      },
      onRetry: (ms) => {
        retryMs = Math.min(ms, MAX_RETRY_MS);
      },
      onEnd: (text) => over(() => (status < 300 ? missingAnswer(isStream) : this.#statusError(status, text))),
      onFailure: (error) => over(() => error),
    });
    pending.over(abort);
  }

  /** A modern server answers errors with statuses of their own (MCP 2026-07-28, Streamable HTTP), a legacy one does not. */
  #statusError(status: number, text: string): Error {
    const isRefusal = status === 401 || status === 403;
    const rpcError = this.isModern && !isRefusal ? asRpcError(parseJson(text)?.error) : null;
    return rpcError ?? new StatusError(status, text);
  }

  #take(value: unknown, from: PendingRequest | null): void {
    const message = asIncoming(value);
    if (message.kind === 'junk') this.#options.onStray();
    else if (message.kind === 'result' || message.kind === 'error') this.#takeAnswer(message, from);
    else if (message.method === 'notifications/progress') this.#takeProgress(message.params);
    else if (from === null || isAboutServer(message.method)) this.#options.onMessage(message);
    else if (message.kind === 'request') this.#options.onMessage(message, from.traffic.host);
    else if (from.traffic.onNotification !== undefined) from.traffic.onNotification(message.method, message.params);
    else this.#options.onMessage(message);
  }

  #takeAnswer(message: Answer, from: PendingRequest | null): void {
    const named = typeof message.id === 'number' ? this.#pending.get(message.id) : undefined;
    // An error that names no request is about the one that it answers; MCP 2025-11-25 leaves the id out, JSON-RPC makes it null.
    const isNameless = message.id === null || message.id === undefined;
    const pending = named ?? (message.kind === 'error' && isNameless ? from : null);
    if (pending === null) this.#options.onStray();
    else if (message.kind === 'result') pending.resolve(message.result);
    else pending.reject(message.error);
  }

  #takeProgress(params: JsonObject): void {
    const { progressToken } = params;
    const progress = asProgress(params);
    if (progress !== null && typeof progressToken === 'number')
      this.#pending.get(progressToken)?.traffic.onProgress?.(progress, params);
  }

  #cancel(requestId: number): void {
    const reason = 'The caller gave up';
    this.notify('notifications/cancelled', { requestId, reason }).catch(() => {
      // It was a favour; the server finds out when it answers.
    });
  }

  #tell(request: HttpRequest, timeoutMs = TELL_TIMEOUT_MS): Promise<void> {
    return briefExchange((sink) => this.#send(request, this.#options.maxResultBytes, sink), timeoutMs);
  }

  #send(request: HttpRequest, maxBytes: number, sink: ExchangeSink): AbortExchange {
    const abort = startExchange(this.#options.dispatcher, request, maxBytes, {
      ...sink,
      onEnd: (text) => {
        this.#open.delete(abort);
        sink.onEnd(text);
      },
      onFailure: (error) => {
        this.#open.delete(abort);
        sink.onFailure(error);
      },
    });
    this.#open.add(abort);
    return abort;
  }
}
