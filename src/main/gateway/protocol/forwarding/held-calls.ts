import type { Cancellation } from '../../../../shared/cancellation.ts';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { isObject, type JsonObject, RPC_INTERNAL_ERROR, RpcError } from '../../../mcp/json-rpc.ts';
import type { Exchange, Forwarded } from '../../messages/exchange.ts';
import { type HeldStates, isHeldState, LONE_STATES } from '../../messages/held-states.ts';
import { unknownState } from '../../messages/rpc-errors.ts';
import { Shares } from '../../shares.ts';

/** A server request that a held call waits for. */
interface Question {
  readonly method: string;
  readonly params: JsonObject;
  readonly answered: PromiseWithResolvers<JsonObject>;
}

/** Parts of a held call that come from the client's requests: from the first request, and then from each retry. */
export interface HeldContext {
  readonly signal: Cancellation;
  /** The client request that is being served; null between two requests. */
  readonly current: () => Exchange | null;
  readonly ask: (method: string, params: JsonObject, signal: AbortSignal) => Promise<JsonObject>;
}

/** How long a client may take to retry with the input. */
const HOLD_MS = 600_000;

/** Maximum number of held calls. Beyond it, the client with the most held calls loses its oldest one. */
const MAX_HELD = 1_000;
/** Maximum number of characters in the requests of all held calls. Beyond it, the client with the most loses a call. */
const MAX_LENGTH = 32 * 1024 * 1024;

/**
 * Holds calls of modern clients whose connector sends a server request during the call, as legacy connectors do. The
 * client gets the response that input is required (MCP 2026-07-28, multi round-trip requests). The call is held until
 * the client retries with the input. The state that identifies the call works once, and only for the same client.
 */
export class HeldCalls {
  /** Held calls by state, oldest first. */
  readonly #held = new Map<string, HeldCall>();
  /** For each client: the number of its held calls, and the length of their requests. */
  readonly #counts = new Shares(MAX_HELD, 1);
  readonly #lengths = new Shares(MAX_LENGTH, 1);
  readonly #states: HeldStates;

  constructor(states: HeldStates = LONE_STATES) {
    this.#states = states;
  }

  /** True if a state identifies a call that a gateway holds or has held. */
  static isState(state: unknown): state is string {
    return isHeldState(state);
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * Runs `work` until it has an outcome or requests input. `what` identifies the request; a retry must have the same
   * value.
   */
  start(exchange: Exchange, what: string, work: (context: HeldContext) => Promise<Forwarded>): Promise<Forwarded> {
    return this.#serve(new HeldCall(exchange.principal, what, work), exchange);
  }

  /** Resumes a held call. Rejects with an RpcError if the call belongs to another client or another request. */
  async resume(state: string, what: string, responses: unknown, exchange: Exchange): Promise<Forwarded> {
    const call = this.#held.get(state);
    if (call === undefined || call.principal !== exchange.principal || call.what !== what) throw unknownState();
    this.#remove(state);
    call.answer(isObject(responses) ? responses : {});
    return this.#serve(call, exchange);
  }

  close(): void {
    for (const call of this.#held.values()) call.end(new SwitchyardError('CLOSED', 'The gateway was closed.'));
    this.#held.clear();
  }

  async #serve(call: HeldCall, exchange: Exchange): Promise<Forwarded> {
    const step = await call.serve(exchange);
    if (step.kind === 'outcome') return step.outcome;
    const state = this.#states.create();
    const { principal, what } = call;
    while (!this.#counts.has(principal)) this.#giveUp(this.#counts, principal);
    while (this.#held.size > 0 && !this.#lengths.has(principal, what.length)) this.#giveUp(this.#lengths, principal);
    this.#held.set(state, call);
    this.#counts.take(principal);
    this.#lengths.take(principal, what.length);
    call.expireIn(HOLD_MS, () => this.#remove(state));
    return { resultType: 'input_required', inputRequests: step.inputRequests, requestState: state };
  }

  #remove(state: string): void {
    const call = this.#held.get(state);
    if (call === undefined) return;
    this.#held.delete(state);
    this.#counts.give(call.principal);
    this.#lengths.give(call.principal, call.what.length);
  }

  /**
   * Drops the oldest call of the client that uses the largest amount in `shares`. If the requesting client uses the
   * same amount, it loses its own oldest call.
   */
  #giveUp(shares: Shares, asking: string): void {
    const [most = asking] = shares.byAmount();
    const principal = shares.of(asking) >= shares.of(most) ? asking : most;
    for (const [state, call] of this.#held) {
      if (call.principal !== principal) continue;
      this.#remove(state);
      call.end(new Error('Too many calls wait for input from their clients'));
      return;
    }
  }
}

type Step =
  | { readonly kind: 'outcome'; readonly outcome: Forwarded }
  | { readonly kind: 'input'; readonly inputRequests: JsonObject };

class HeldCall {
  readonly principal: string;
  readonly what: string;
  readonly #life = new AbortController();
  readonly #questions = new Map<string, Question>();
  readonly #outcome: Promise<Forwarded>;
  #current: Exchange | null = null;
  #asked: PromiseWithResolvers<void> = Promise.withResolvers();
  #count = 0;
  #expiry: Timer | null = null;

  constructor(principal: string, what: string, work: (context: HeldContext) => Promise<Forwarded>) {
    this.principal = principal;
    this.what = what;
    const context: HeldContext = {
      signal: this.#life.signal,
      current: () => this.#current,
      ask: (method, params, signal) => this.#ask(method, params, signal),
    };
    // The work starts in a later microtask. By then the exchange that serves it is known.
    this.#outcome = Promise.resolve().then(() => work(context));
    this.#outcome.catch(() => {
      // The request that serves the call handles a rejection. Between two requests, this handler prevents an unhandled
      // rejection.
    });
  }

  async serve(exchange: Exchange): Promise<Step> {
    this.#expiry?.cancel();
    this.#current = exchange;
    const onAbort = (): void => this.#life.abort(exchange.signal.reason);
    if (exchange.signal.aborted) onAbort();
    exchange.signal.addEventListener('abort', onAbort, { once: true });
    try {
      const outcome = this.#outcome.then((value) => ({ kind: 'outcome', outcome: value }) as const);
      const input = this.#asked.promise.then(() => ({ kind: 'input', inputRequests: this.#unanswered() }) as const);
      return await Promise.race([outcome, input]);
    } finally {
      this.#current = null;
      exchange.signal.removeEventListener('abort', onAbort);
    }
  }

  /** Passes the client's input to the call. Missing input is requested again. */
  answer(responses: JsonObject): void {
    this.#asked = Promise.withResolvers();
    for (const [key, { answered }] of this.#questions) {
      const response = Object.hasOwn(responses, key) ? responses[key] : undefined;
      if (!isObject(response)) continue;
      this.#questions.delete(key);
      answered.resolve(response);
    }
    if (this.#questions.size > 0) this.#asked.resolve();
  }

  expireIn(ms: number, onExpired: () => void): void {
    this.#expiry = startTimer(ms, () => {
      onExpired();
      this.end(new Error('The client did not retry in time'));
    });
  }

  end(reason: Error): void {
    this.#expiry?.cancel();
    this.#life.abort(reason);
  }

  #unanswered(): JsonObject {
    const requests = [...this.#questions].map(([key, { method, params }]) => [key, { method, params }]);
    return Object.fromEntries(requests);
  }

  #ask(method: string, params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const answered = Promise.withResolvers<JsonObject>();
    this.#count += 1;
    const key = `request-${this.#count}`;
    this.#questions.set(key, { method, params, answered });
    const onAbort = (): void => {
      this.#questions.delete(key);
      answered.reject(new RpcError(RPC_INTERNAL_ERROR, 'The request was cancelled'));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#life.signal.addEventListener('abort', onAbort, { once: true });
    // Server requests that arrive in the same turn of the event loop are sent to the client together.
    queueMicrotask(() => this.#asked.resolve());
    return answered.promise;
  }
}
