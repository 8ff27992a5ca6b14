import { monotonicMs } from '../../../shared/clock.ts';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { type JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import { recordGatewayRequest } from '../../observability/instruments.ts';
import type { Logger } from '../../observability/logger.ts';
import { serveTraced } from '../../observability/telemetry/server-operation.ts';
import type { View } from '../catalog/view.ts';
import type { Exchange, Outcome } from '../messages/exchange.ts';
import { toRpcError, UnknownMethod } from '../messages/rpc-errors.ts';
import type { Method } from './methods.ts';
import { servedRequest } from './request-telemetry.ts';

/** Serves a method of only one protocol generation or transport. Resolves with null if it does not know the method. */
export type OwnMethod = (method: string, params: JsonObject) => Promise<Outcome | null>;

/**
 * Serves requests of all transports: finds the method, counts the request, and turns errors into a form that clients
 * may see.
 */
export class RequestServer {
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #logger: Logger;
  #running = 0;
  #onIdle: (() => void) | null = null;

  constructor(methods: ReadonlyMap<string, Method>, logger: Logger) {
    this.#methods = methods;
    this.#logger = logger;
  }

  /** Number of requests being served, without notification streams. */
  get running(): number {
    return this.#running;
  }

  /** Resolves once no request is being served. */
  async idle(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Counts a request that another replica serves for this replica, until the result is disposed of. */
  count(): Disposable {
    this.#running += 1;
    return { [Symbol.dispose]: () => this.#end() };
  }

  /** Counts a request that took `durationMs` and was answered before this server existed. */
  answered(method: string, durationMs: number): void {
    recordGatewayRequest(this.#label(method), 'ok', durationMs);
  }

  /** Serves one request. Rejects with an RpcError. */
  async serve(method: string, params: JsonObject, exchange: Exchange, view: View, own: OwnMethod): Promise<Outcome> {
    // A subscription stays open until its client ends it, and has its own limit.
    if (method === 'subscriptions/listen')
      return this.#find(method, params, exchange, view, own)().catch((error: unknown) =>
        this.#fail(method, error, exchange),
      );
    const startedMs = monotonicMs();
    this.#running += 1;
    const work = this.#find(method, params, exchange, view, own);
    try {
      const outcome = await serveTraced(servedRequest(method, params, exchange, view), work);
      recordGatewayRequest(this.#label(method), 'ok', monotonicMs() - startedMs);
      return outcome;
    } catch (error) {
      recordGatewayRequest(this.#label(method), 'error', monotonicMs() - startedMs);
      return this.#fail(method, error, exchange);
    } finally {
      this.#end();
    }
  }

  #end(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#onIdle?.();
  }

  /** Returns the function that serves a request. */
  #find(method: string, params: JsonObject, exchange: Exchange, view: View, own: OwnMethod): () => Promise<Outcome> {
    const known = this.#methods.get(method);
    if (known !== undefined) return known.bind(undefined, params, exchange, view);
    return async () => {
      const outcome = await own(method, params);
      if (outcome === null) throw new UnknownMethod(method);
      return outcome;
    };
  }

  /**
   * Returns the metric label of a method. Clients choose the names of methods, so all unknown methods share one label.
   */
  #label(method: string): string {
    return this.#methods.has(method) ? method : 'other';
  }

  /** Throws the error for the client. If the client gets an error without details, the whole error is logged. */
  #fail(method: string, error: unknown, { signal, era }: Exchange): never {
    const isExpected = error instanceof SwitchyardError || error instanceof RpcError;
    if (!isExpected && !signal.aborted)
      this.#logger.error({ event: 'gateway-failed', method, err: error }, `A request failed: ${messageOf(error)}`);
    throw toRpcError(error, era);
  }
}
