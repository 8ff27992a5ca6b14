import type { Dispatcher } from 'undici';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import { ClosedConnection, StatusError } from '../connection/failure.ts';
import type { HttpRequest } from '../exchange/http-exchange.ts';
import { OpenExchanges } from '../exchange/open-exchanges.ts';
import type { ChannelRequestOptions, MessageChannel } from '../messages/message-channel.ts';
import type { PendingRequest } from '../messages/pending-request.ts';
import { type MessageEvents, PendingRequests } from '../messages/pending-requests.ts';
import { NO_META } from '../messages/request-meta.ts';
import type { EndpointAddress } from './endpoint-address.ts';
import { openEventStream } from './event-stream.ts';
import { SseRequests } from './sse-requests.ts';

export interface SseChannelOptions extends MessageEvents {
  readonly dispatcher: Dispatcher;
  /** The address of the event stream. */
  readonly url: URL;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Cap on one event, and on the answer to one POST. */
  readonly maxResultBytes: number;
  /** The stream ended, or never came about. Every request that waited was rejected before. Called once. */
  readonly onEnd: (reason: Error) => void;
}

/** For notifications and answers to the server, which need no answer. */
const TELL_TIMEOUT_MS = 10_000;

/**
 * JSON-RPC over the legacy HTTP+SSE transport (MCP 2024-11-05): one POST per message, and one event stream that brings
 * all answers. Some servers answer the POST itself, which counts as well; the first answer to an id is taken.
 */
export class SseChannel implements MessageChannel {
  readonly isModern = false;
  readonly #options: SseChannelOptions;
  readonly #writer: SseRequests;
  readonly #requests: PendingRequests;
  readonly #exchanges: OpenExchanges;
  readonly #opened: PromiseWithResolvers<void> = Promise.withResolvers();
  #endpoint: EndpointAddress | null = null;
  #isEnded = false;

  constructor(options: SseChannelOptions) {
    this.#options = options;
    this.#writer = new SseRequests(options.headers);
    this.#requests = new PendingRequests(options);
    this.#exchanges = new OpenExchanges(options.dispatcher, options.maxResultBytes);
    // Nobody may be waiting any more when the stream fails.
    this.#opened.promise.catch(() => {});
  }

  /**
   * Opens the event stream. Resolves once the server has named its endpoint. Rejects with a StatusError, an
   * UnusableAnswer, the network's error, or what `end` was given.
   */
  open(): Promise<void> {
    const { url, maxResultBytes } = this.#options;
    openEventStream(this.#exchanges, this.#writer.listen(url), maxResultBytes, {
      onEndpoint: (address) => {
        this.#endpoint = address;
        this.#opened.resolve();
      },
      onMessage: (value) => this.#requests.take(value, null),
      onEnd: (reason) => {
        if (!this.#isEnded) this.end(reason);
      },
    });
    return this.#opened.promise;
  }

  /** Only legacy revisions have this transport. */
  speak(_era: 'modern' | 'legacy', revision: string | null): void {
    this.#writer.speak(revision);
  }

  async request(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject> {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const id = this.#requests.nextId();
    const meta = { progressToken: onProgress === undefined ? null : id, capabilities: null };
    const request = this.#post(this.#writer.message(id, method, params, meta));
    const pending = this.#requests.add(id, signal, options, () => this.#cancel(id));
    this.#send(request, pending);
    return pending.answer;
  }

  async notify(method: string, params: JsonObject): Promise<void> {
    const request = this.#post(this.#writer.message(null, method, params, NO_META));
    await this.#exchanges.tell(request, TELL_TIMEOUT_MS);
  }

  async answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }) {
    // The server may ask before it names its endpoint.
    await this.#opened.promise;
    const request = this.#post(this.#writer.answer(id, answer));
    await this.#exchanges.tell(request, TELL_TIMEOUT_MS);
  }

  /** Ends the stream and everything under way with `reason`. Idempotent. */
  end(reason: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#opened.reject(reason);
    this.#requests.endAll(reason);
    this.#exchanges.abortAll(reason);
    this.#options.onEnd(reason);
  }

  /** Throws a ClosedConnection where there is no session: the message is not sent. */
  #post(body: string): HttpRequest {
    if (this.#endpoint === null || this.#isEnded) throw new ClosedConnection();
    return this.#writer.post(this.#endpoint.url, body);
  }

  #send(request: HttpRequest, pending: PendingRequest): void {
    let status = 0;
    const abort = this.#exchanges.start(request, {
      onHead: (head) => {
        status = head;
      },
      onValue: (value) => {
        // Many acknowledge a message with JSON of their own.
        if (isObject(value) && value.jsonrpc === '2.0') this.#requests.take(value, pending);
      },
      onEnd: (text) => {
        pending.ended();
        if (status >= 300) pending.reject(new StatusError(status, text));
      },
      onFailure: (error) => {
        pending.ended();
        // Once the message was accepted, the answer comes over the stream, whatever becomes of the acknowledgement.
        if (status === 0 || status >= 300) pending.reject(error);
      },
    });
    pending.over(abort);
  }

  #cancel(requestId: number): void {
    this.notify('notifications/cancelled', { requestId, reason: 'The caller gave up' }).catch(() => {
      // The notice is a courtesy: the server finds out anyway when it answers.
    });
  }
}
