import type { Dispatcher } from 'undici';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { ClosedConnection } from '../connection/failure.ts';
import { LostUnderRequest } from '../connection/network-failure.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { SMALL_ANSWER_BYTES } from '../exchange/body-sink.ts';
import { OpenExchanges } from '../exchange/open-exchanges.ts';
import { withinSession } from '../messages/http/session-loss.ts';
import type { ChannelRequestOptions, MessageChannel } from '../messages/message-channel.ts';
import { type MessageEvents, PendingRequests } from '../messages/pending-requests.ts';
import { NO_META } from '../messages/request-meta.ts';
import type { EndpointAddress } from './endpoint-address.ts';
import { openEventStream } from './event-stream.ts';
import { postMessage, type WrittenMessage } from './post-message.ts';
import { SseRequests } from './sse-requests.ts';

export interface SseChannelOptions extends MessageEvents {
  readonly dispatcher: Dispatcher;
  /** The address of the event stream. */
  readonly url: URL;
  /** Headers sent with every request, in addition to those of `credentials`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  /** Maximum size of one event, and of the response to one POST, in bytes. */
  readonly maxResultBytes: number;
  /**
   * Called once, when the stream has ended or could not be opened. By then, every pending request has been rejected.
   */
  readonly onEnd: (reason: Error) => void;
}

/** Time limit for sending a message that gets no response: a notification, or a response to the server. */
const TELL_TIMEOUT_MS = 10_000;

/**
 * JSON-RPC over the legacy HTTP+SSE transport (MCP 2024-11-05): one POST per message, and one event stream for all
 * responses. Some servers also send the response as the answer to the POST. If a request gets two responses, the first
 * one is used.
 */
export class SseChannel implements MessageChannel {
  readonly isModern = false;
  readonly #options: SseChannelOptions;
  readonly #writer: SseRequests;
  readonly #requests: PendingRequests;
  readonly #exchanges: OpenExchanges;
  readonly #opened: PromiseWithResolvers<void> = Promise.withResolvers();
  #endpoint: EndpointAddress | null = null;
  /** Whether the server has answered the handshake. Until then, the limit for events is small. */
  #isAgreed = false;
  #isEnded = false;

  constructor(options: SseChannelOptions) {
    this.#options = options;
    this.#writer = new SseRequests(options.headers);
    this.#requests = new PendingRequests(options);
    this.#exchanges = new OpenExchanges(options.dispatcher, options.maxResultBytes, options.credentials);
    // If no caller waits any more when the stream fails, the rejection must not count as unhandled.
    this.#opened.promise.catch(() => {});
  }

  /**
   * Opens the event stream. Resolves once the server has sent the address of its endpoint. Rejects with a StatusError,
   * an UnusableAnswer, the network's error, or the reason given to `end`.
   */
  open(): Promise<void> {
    const { url, maxResultBytes } = this.#options;
    const least = Math.min(SMALL_ANSWER_BYTES, maxResultBytes);
    const capNow = (): number => (this.#isAgreed ? maxResultBytes : least);
    const cap = {
      most: maxResultBytes,
      get perEvent() {
        return capNow();
      },
    };
    openEventStream(this.#exchanges, this.#writer.listen(url), cap, {
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

  /**
   * Sets the negotiated revision. The protocol generation is ignored, because only legacy revisions use this transport.
   */
  speak(_era: 'modern' | 'legacy', revision: string | null): void {
    this.#writer.speak(revision);
    this.#isAgreed = revision !== null;
  }

  async request(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject> {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const id = this.#requests.nextId();
    const meta = { progressToken: onProgress === undefined ? null : id, capabilities: null };
    const message = this.#written(method, id, this.#writer.message(id, method, params, meta));
    const pending = this.#requests.add(id, signal, options, () => this.#cancel(id));
    postMessage(this.#exchanges, message, this.#requests, pending);
    return pending.answer.catch((error: unknown) => Promise.reject(withinSession(error)));
  }

  async notify(method: string, params: JsonObject): Promise<void> {
    await this.#tell(method, this.#writer.message(null, method, params, NO_META));
  }

  async answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }) {
    // The server may send a request before it has sent the address of its endpoint.
    await this.#opened.promise;
    await this.#tell('an answer', this.#writer.answer(id, answer));
  }

  /** Ends the stream and all pending requests with `reason`. Idempotent. */
  end(reason: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#opened.reject(reason);
    this.#requests.endAll(new LostUnderRequest(reason));
    this.#exchanges.abortAll(reason);
    this.#options.onEnd(reason);
  }

  async #tell(step: string, body: string): Promise<void> {
    const { request, asked } = this.#written(step, null, body);
    await this.#exchanges.tell(request, TELL_TIMEOUT_MS, asked);
  }

  /** Returns a message as an HTTP request, without sending it. Throws a ClosedConnection if there is no session. */
  #written(step: string, id: number | null, body: string): WrittenMessage {
    if (this.#endpoint === null || this.#isEnded) throw new ClosedConnection();
    const { url, namesSession } = this.#endpoint;
    return { request: this.#writer.post(url, body), asked: { step, id, hasSession: namesSession } };
  }

  #cancel(requestId: number): void {
    this.notify('notifications/cancelled', { requestId, reason: 'The caller cancelled the request' }).catch(() => {
      // The error is ignored. Without the notification, the server merely does work that nobody needs.
    });
  }
}
