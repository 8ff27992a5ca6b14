import type { Dispatcher } from 'undici';
import { settledWithin } from '../../../shared/clock.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { ClosedConnection } from '../connection/failure.ts';
import { StatusError } from '../connection/http-refusal.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { AbortExchange } from '../exchange/http-request.ts';
import { OpenExchanges } from '../exchange/open-exchanges.ts';
import { withinSession } from '../messages/http/session-loss.ts';
import type { ChannelRequestOptions, MessageChannel } from '../messages/message-channel.ts';
import { type MessageEvents, PendingRequests } from '../messages/pending-requests.ts';
import { exchangeForAnswer, type Wire } from './answer-exchange.ts';
import { openStream, type StreamSink } from './open-stream.ts';
import { subjectHeaders } from './request-headers.ts';
import { RequestWriter, type WrittenRequest } from './request-writer.ts';

export interface SessionOptions extends MessageEvents {
  readonly dispatcher: Dispatcher;
  readonly url: URL;
  /** Headers sent with every request, in addition to those of `credentials`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  readonly maxResultBytes: number;
  readonly capabilities: JsonObject;
  /** Called when the server refused a notification or a response because it does not know the session. */
  readonly onSessionLost: (error: Error) => void;
}

/** Time limit for sending a message that gets no response: a notification, or a response to the server. */
const TELL_TIMEOUT_MS = 10_000;

/**
 * JSON-RPC over Streamable HTTP: one POST per message, which is answered with JSON or with events (MCP 2025-11-25 and
 * 2026-07-28, transports). This class handles request ids, the session and cancellation. It knows nothing about tools.
 */
export class StreamableHttpSession implements MessageChannel {
  readonly url: URL;
  readonly #wire: Wire;
  readonly #onSessionLost: SessionOptions['onSessionLost'];
  /** The pending or received response to `initialize`; null until `initialize` is sent. */
  #opening: Promise<unknown> | null = null;

  constructor(options: SessionOptions) {
    this.url = options.url;
    this.#onSessionLost = options.onSessionLost;
    this.#wire = {
      writer: new RequestWriter(options.url, options.headers, options.capabilities),
      requests: new PendingRequests(options),
      exchanges: new OpenExchanges(options.dispatcher, options.maxResultBytes, options.credentials),
      isClosed: false,
    };
  }

  get isModern(): boolean {
    return this.#wire.writer.isModern;
  }

  get sessionId(): string | null {
    return this.#wire.writer.sessionId;
  }

  /**
   * Writes all later messages for the modern revision or for a legacy revision. `revision` is null until it is
   * negotiated.
   */
  speak(era: 'modern' | 'legacy', revision: string | null): void {
    this.#wire.writer.speak(era, revision);
  }

  /**
   * Sends a request and resolves with its result. Rejects with an RpcError, a StatusError, an UnusableAnswer,
   * TOOL_RESULT_TOO_LARGE or the network's error. Rejects with a TypeError if `params` have no JSON form, and with a
   * ClosedConnection if the session is closed. If the signal aborts, it rejects with the signal's reason and cancels
   * the request.
   */
  async request(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject> {
    const { writer, requests, isClosed } = this.#wire;
    const { signal, onProgress, host } = options;
    signal?.throwIfAborted();
    if (isClosed) throw new ClosedConnection();
    const id = requests.nextId();
    const meta = { progressToken: onProgress === undefined ? null : id, capabilities: host?.capabilities ?? null };
    const headers = writer.isModern ? subjectHeaders(method, params, options.tool) : [];
    const request = writer.message(id, method, params, headers, meta);
    const isHandshake = method === 'initialize';
    const pending = requests.add(id, signal, options, () => {
      // A legacy server must be notified, because it continues to work after the connection of the request is closed. A
      // modern server treats the closed connection as a cancellation.
      if (!writer.isModern && !isHandshake) this.#cancel(id);
    });
    if (isHandshake) this.#opening = pending.answer;
    exchangeForAnswer(this.#wire, request, pending, isHandshake);
    if (writer.isModern || isHandshake) return pending.answer;
    return pending.answer.catch((error: unknown) => Promise.reject(withinSession(error)));
  }

  /** Sends a notification. Rejects if the server does not accept the notification. */
  notify(method: string, params: JsonObject): Promise<void> {
    return this.#tell(this.#wire.writer.message(null, method, params));
  }

  /** Sends a response to a request of the server. Rejects if the server does not accept the response. */
  answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }): Promise<void> {
    return this.#tell(this.#wire.writer.answer(id, answer));
  }

  /**
   * Opens a standing stream. With a modern server, this is a POST of `method`. With a legacy server, it is a GET that
   * resumes after the event `lastEventId`. The messages of the stream are handled like the messages of any other
   * response. The returned function ends the stream.
   */
  openStream(method: string, params: JsonObject, lastEventId: string | null, sink: StreamSink): AbortExchange {
    const { writer, requests, isClosed } = this.#wire;
    if (isClosed) {
      queueMicrotask(() => sink.onOver(new ClosedConnection()));
      return () => {};
    }
    const id = `${method}:${requests.nextId()}`;
    const request = writer.isModern ? writer.message(id, method, params) : writer.listen(lastEventId);
    return openStream(this.#wire, request, sink);
  }

  /**
   * Ends all requests and streams, then sends a DELETE for the session if there is one (MCP 2025-03-26, session
   * management). Idempotent. Never rejects.
   */
  async close(timeoutMs: number): Promise<void> {
    const { writer, requests, exchanges } = this.#wire;
    if (this.#wire.isClosed) return;
    this.#wire.isClosed = true;
    const closed = new Error('The connection is closed');
    requests.endAll(closed);
    exchanges.abortAll(closed);
    if (writer.sessionId !== null) await exchanges.tell(writer.end(), timeoutMs).catch(() => {});
  }

  /**
   * Closes a session that is not needed. If `initialize` is in flight, waits up to `graceMs` for its response, which
   * contains the id of the session to end. Never rejects.
   */
  async abandon(graceMs: number, timeoutMs: number): Promise<void> {
    if (this.#opening !== null && this.#wire.writer.sessionId === null) await settledWithin(this.#opening, graceMs);
    await this.close(timeoutMs);
  }

  async #tell(request: WrittenRequest): Promise<void> {
    if (this.#wire.isClosed) throw new ClosedConnection();
    try {
      await this.#wire.exchanges.tell(request, TELL_TIMEOUT_MS, request.asked);
    } catch (error) {
      if (error instanceof StatusError && error.refusal.kind === 'session-lost') this.#onSessionLost(error);
      throw error;
    }
  }

  #cancel(requestId: number): void {
    const reason = 'The caller cancelled the request';
    this.notify('notifications/cancelled', { requestId, reason }).catch(() => {
      // The error is ignored. Without the notification, the server merely does work that nobody needs.
    });
  }
}
