import { systemSleep } from '../../../../shared/clock.ts';
import { isObject, type JsonObject, RPC_METHOD_NOT_FOUND } from '../../../mcp/json-rpc.ts';
import { beginningOf } from './beginning.ts';
import { type Exchange, progressTokenOf, type Step } from './exchanges.ts';
import { ownParams, RequestMatcher } from './request-match.ts';

/** The subscription request of MCP 2026-07-28, which stays open, and the `_meta` field with the id of that request. */
const LISTEN = 'subscriptions/listen';
const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

const RPC_INVALID_PARAMS = -32_602;

/**
 * Delay between a notification and a response that follows it, in milliseconds. Some clients lose a notification if the
 * response arrives at the same time.
 */
const NOTICE_MS = 50;

/** Maximum length of the request that an error message quotes, in characters. */
const MAX_QUOTED = 500;

/** Settings of a replay. */
export interface ReplayHow {
  readonly isLenient: boolean;
  /** Sends a message to the client. */
  readonly send: (message: JsonObject) => void;
}

/** A request of the client for which steps are being replayed. */
interface Playing {
  readonly clientId: unknown;
  readonly progressToken: unknown;
  isCancelled: boolean;
}

/** An MCP server that answers legacy and modern clients with recorded messages. */
export class ReplayServer {
  readonly #exchanges: readonly Exchange[];
  readonly #matcher: RequestMatcher;
  readonly #send: ReplayHow['send'];
  readonly #playing = new Map<string, Playing>();
  /** Callbacks for the client's responses to server requests, by the id that was sent to the client. */
  readonly #questions = new Map<string, () => void>();
  #questionCount = 0;
  /** Id of the client's subscription request; undefined if the client has not subscribed. */
  #listener: unknown;
  #active = 0;
  #idle = Promise.withResolvers<void>();

  constructor(exchanges: readonly Exchange[], { isLenient, send }: ReplayHow) {
    this.#exchanges = exchanges;
    this.#matcher = new RequestMatcher(exchanges, isLenient);
    this.#send = send;
  }

  /** Handles a message from the client. Never throws. */
  take(message: JsonObject): void {
    const { id, method, params } = message;
    const given = isObject(params) ? params : {};
    if (typeof method !== 'string') this.#questions.get(JSON.stringify(id))?.();
    else if (id !== undefined) this.#takeRequest(id, method, given);
    else if (method === 'notifications/cancelled') this.#cancel(given.requestId);
    else this.#takeNotification(method, given);
  }

  /** Resolves once all steps for the client's messages were replayed. */
  async idle(): Promise<void> {
    while (this.#active > 0) await this.#idle.promise;
  }

  #takeRequest(clientId: unknown, method: string, params: JsonObject): void {
    const found = this.#matcher.find(method, params);
    if (method === LISTEN) this.#listener = clientId;
    if (found.kind === 'none' && method === LISTEN) {
      const { notifications = {} } = params;
      const _meta = { [SUBSCRIPTION_ID]: clientId };
      const acknowledged = { notifications, _meta };
      this.#send({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: acknowledged });
      return;
    }
    if (found.kind === 'none') {
      const built = this.#builtIn(method, params);
      if (built !== null) this.#send({ jsonrpc: '2.0', id: clientId, ...built });
      else this.#send({ jsonrpc: '2.0', id: clientId, error: this.#unmatched(method, params, found.nearest) });
      return;
    }
    const playing: Playing = { clientId, progressToken: progressTokenOf(params), isCancelled: false };
    this.#playing.set(JSON.stringify(clientId), playing);
    void this.#play(found.exchange, playing);
  }

  #takeNotification(method: string, params: JsonObject): void {
    const found = this.#matcher.find(method, params);
    if (found.kind === 'none') return;
    void this.#play(found.exchange, { clientId: null, progressToken: undefined, isCancelled: false });
  }

  #cancel(id: unknown): void {
    const playing = this.#playing.get(JSON.stringify(id));
    if (playing !== undefined) playing.isCancelled = true;
  }

  /**
   * Replays the steps of an exchange. Where the recorded server waited for a response of the client, waits for that
   * response.
   */
  async #play(exchange: Exchange, playing: Playing): Promise<void> {
    this.#active += 1;
    const answers = new Map<string, Promise<void>>();
    let isAnswered = !exchange.isRequest;
    let hasNotices = false;
    for (const step of exchange.steps) {
      if (playing.isCancelled) break;
      if (step.kind === 'await') {
        await answers.get(JSON.stringify(step.id));
        continue;
      }
      const isNotice = step.message.method !== undefined;
      if (hasNotices && !isNotice) await systemSleep(NOTICE_MS);
      hasNotices = isNotice;
      if (playing.isCancelled) break;
      isAnswered = this.#sendStep(step, exchange, playing, answers) || isAnswered;
    }
    if (!isAnswered && !playing.isCancelled && exchange.method !== LISTEN)
      this.#send({ jsonrpc: '2.0', id: playing.clientId, error: unanswered(exchange) });
    this.#playing.delete(JSON.stringify(playing.clientId));
    this.#active -= 1;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }

  /**
   * Sends a recorded message, with its ids and tokens replaced by those of the current client. Returns true if the
   * message is the response.
   */
  #sendStep(
    { message }: Extract<Step, { kind: 'send' }>,
    exchange: Exchange,
    playing: Playing,
    answers: Map<string, Promise<void>>,
  ): boolean {
    const { id, method, params } = message;
    if (method === undefined) {
      this.#send({ ...message, id: playing.clientId });
      return true;
    }
    if (id !== undefined) {
      this.#questionCount += 1;
      const own = `replay-${this.#questionCount}`;
      const answered = Promise.withResolvers<void>();
      answers.set(JSON.stringify(id), answered.promise);
      this.#questions.set(JSON.stringify(own), answered.resolve);
      this.#send({ ...message, id: own });
    } else if (subscriptionOf(params) !== undefined) this.#sendToListener(message);
    else if (method !== 'notifications/progress' || !isObject(params)) this.#send(message);
    else if (params.progressToken !== progressTokenOf(exchange.params)) this.#send(message);
    // A client that sent no progress token does not expect progress notifications.
    else if (playing.progressToken !== undefined)
      this.#send({ ...message, params: { ...params, progressToken: playing.progressToken } });
    return false;
  }

  /** Sends a notification with the id of the client's subscription, if the client has subscribed. */
  #sendToListener(message: JsonObject): void {
    if (this.#listener === undefined) return;
    const params = message.params as JsonObject;
    const _meta = { ...(params._meta as JsonObject), [SUBSCRIPTION_ID]: this.#listener };
    this.#send({ ...message, params: { ...params, _meta } });
  }

  /**
   * Returns a response for methods that need no recording, so that a client can start even if it differs from the
   * recorded client. Returns null for all other methods.
   */
  #builtIn(method: string, params: JsonObject): JsonObject | null {
    if (method === 'ping') return { result: {} };
    const result = beginningOf(method, params, this.#exchanges);
    return result === null ? null : { result };
  }

  #unmatched(method: string, params: JsonObject, nearest: Exchange | null): JsonObject {
    if (nearest === null) {
      return { code: RPC_METHOD_NOT_FOUND, message: `The recording has no request ${method.slice(0, 128)}` };
    }
    const [given, expected] = [quoted(ownParams(params)), quoted(ownParams(nearest.params))];
    return {
      code: RPC_INVALID_PARAMS,
      message: `The recording has no ${method} with ${given}. The most similar recorded request has ${expected}`,
      data: { nearest: { method: nearest.method, params: ownParams(nearest.params) } },
    };
  }
}

function subscriptionOf(params: unknown): unknown {
  return isObject(params) && isObject(params._meta) ? params._meta[SUBSCRIPTION_ID] : undefined;
}

function unanswered({ method }: Exchange): JsonObject {
  return { code: -32_000, message: `The recording ends before the response to this ${method}` };
}

function quoted(params: JsonObject): string {
  const text = JSON.stringify(params);
  return text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED)}…`;
}
