import { randomBytes } from 'node:crypto';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { isObject, type JsonObject, RPC_INTERNAL_ERROR, RpcError } from '../../../mcp/json-rpc.ts';
import type { Exchange, Outcome } from '../../messages/exchange.ts';
import { invalidParams } from '../../messages/rpc-errors.ts';

/** A request of a connector that its call waits for. */
interface Question {
  readonly method: string;
  readonly params: JsonObject;
  readonly answered: PromiseWithResolvers<JsonObject>;
}

/** What a held call does on behalf of whichever request of the client is there for it now. */
export interface HeldContext {
  readonly signal: AbortSignal;
  /** The request of the client that is being served; null between two of them. */
  readonly current: () => Exchange | null;
  readonly ask: (method: string, params: JsonObject, signal: AbortSignal) => Promise<JsonObject>;
}

/** How long a client may take to come back with what it was asked for. */
const HOLD_MS = 600_000;

/** Calls that wait for their clients at once; beyond that the oldest is given up. */
const MAX_HELD = 1_000;

/** What tells our state from that of a modern connector, which is passed through. */
const PREFIX = 'switchyard:';

/**
 * Calls of modern clients to connectors that ask in the middle of a call, as legacy ones do: such a client is not asked but answered that input is required (MCP 2026-07-28, multi
 * round-trip requests). The call is held until the client comes back with it, under a state that is used once and by nobody else.
 */
export class HeldCalls {
  readonly #held = new Map<string, HeldCall>();

  /** Whether a retry is one of a call that is, or was, held here. */
  static isState(state: unknown): state is string {
    return typeof state === 'string' && state.startsWith(PREFIX);
  }

  get size(): number {
    return this.#held.size;
  }

  /** Does `work` until it has an outcome, or a question. `what` is what a retry must be about. */
  start(exchange: Exchange, what: string, work: (context: HeldContext) => Promise<Outcome>): Promise<Outcome> {
    return this.#serve(new HeldCall(exchange.principal, what, work), exchange);
  }

  /** Goes on with a call that is held. Rejects with an RpcError where it is none of this client's, or of another request. */
  async resume(state: string, what: string, responses: unknown, exchange: Exchange): Promise<Outcome> {
    const call = this.#held.get(state);
    if (call === undefined || call.principal !== exchange.principal || call.what !== what)
      throw invalidParams('The requestState is none of this server, was used before, or is too old');
    this.#held.delete(state);
    call.answer(isObject(responses) ? responses : {});
    return this.#serve(call, exchange);
  }

  close(): void {
    for (const call of this.#held.values()) call.end(new SwitchyardError('CLOSED', 'The gateway was closed.'));
    this.#held.clear();
  }

  async #serve(call: HeldCall, exchange: Exchange): Promise<Outcome> {
    const step = await call.serve(exchange);
    if (step.kind === 'outcome') return step.outcome;
    const state = PREFIX + randomBytes(24).toString('base64url');
    const [oldest] = this.#held;
    if (this.#held.size >= MAX_HELD && oldest !== undefined) {
      this.#held.delete(oldest[0]);
      oldest[1].end(new Error('Too many calls wait for their clients'));
    }
    this.#held.set(state, call);
    call.expireIn(HOLD_MS, () => this.#held.delete(state));
    return { resultType: 'input_required', inputRequests: step.inputRequests, requestState: state };
  }
}

type Step =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'input'; readonly inputRequests: JsonObject };

class HeldCall {
  readonly principal: string;
  readonly what: string;
  readonly #life = new AbortController();
  readonly #questions = new Map<string, Question>();
  readonly #outcome: Promise<Outcome>;
  #current: Exchange | null = null;
  #asked: PromiseWithResolvers<void> = Promise.withResolvers();
  #count = 0;
  #expiry: Timer | null = null;

  constructor(principal: string, what: string, work: (context: HeldContext) => Promise<Outcome>) {
    this.principal = principal;
    this.what = what;
    const context: HeldContext = {
      signal: this.#life.signal,
      current: () => this.#current,
      ask: (method, params, signal) => this.#ask(method, params, signal),
    };
    // Begun in its own turn: the exchange that serves it is there by then.
    this.#outcome = Promise.resolve().then(() => work(context));
    this.#outcome.catch(() => {
      // Whoever serves it hears of it; between two requests nobody does.
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

  /** Takes what the client brought; what it did not bring it is asked for again. */
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
      this.end(new Error('The client did not come back'));
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
      answered.reject(new RpcError(RPC_INTERNAL_ERROR, 'The request was given up'));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#life.signal.addEventListener('abort', onAbort, { once: true });
    // What is asked in the same turn is asked together.
    queueMicrotask(() => this.#asked.resolve());
    return answered.promise;
  }
}
