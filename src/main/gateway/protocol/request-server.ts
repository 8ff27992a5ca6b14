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

/** A method that only one era, or one way to the gateway, has; null if it is none of them. */
export type OwnMethod = (method: string, params: JsonObject) => Promise<Outcome | null>;

/** Serves requests, whichever way they came: finds the method, counts it, and makes errors what clients may see. */
export class RequestServer {
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #logger: Logger;
  #running = 0;
  #onIdle: (() => void) | null = null;

  constructor(methods: ReadonlyMap<string, Method>, logger: Logger) {
    this.#methods = methods;
    this.#logger = logger;
  }

  /** Requests that are being served, streams of notices not among them. */
  get running(): number {
    return this.#running;
  }

  /** Resolves once nothing is being served. */
  async idle(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Counts a request that another replica serves for this one, until it is disposed of. */
  count(): Disposable {
    this.#running += 1;
    return { [Symbol.dispose]: () => this.#end() };
  }

  /** Counts a request that was answered before this server was there, within `durationMs`. */
  answered(method: string, durationMs: number): void {
    recordGatewayRequest(this.#label(method), 'ok', durationMs);
  }

  /** Rejects with an RpcError. */
  async serve(method: string, params: JsonObject, exchange: Exchange, view: View, own: OwnMethod): Promise<Outcome> {
    // It stays open for as long as its client likes, and has a limit of its own.
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

  /** Finds what serves a request, ready to run. */
  #find(method: string, params: JsonObject, exchange: Exchange, view: View, own: OwnMethod): () => Promise<Outcome> {
    const known = this.#methods.get(method);
    if (known !== undefined) return known.bind(undefined, params, exchange, view);
    return async () => {
      const outcome = await own(method, params);
      if (outcome === null) throw new UnknownMethod(method);
      return outcome;
    };
  }

  /** Methods are the clients' choice, and labels are not to be. */
  #label(method: string): string {
    return this.#methods.has(method) ? method : 'other';
  }

  /** Throws what the client is told; what it is told only the outline of is logged. */
  #fail(method: string, error: unknown, { signal, era }: Exchange): never {
    const isExpected = error instanceof SwitchyardError || error instanceof RpcError;
    if (!isExpected && !signal.aborted)
      this.#logger.error({ event: 'gateway-failed', method, err: error }, `A request failed: ${messageOf(error)}`);
    throw toRpcError(error, era);
  }
}
