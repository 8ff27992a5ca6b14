import type { Cancellation } from '../../../../shared/cancellation.ts';
import { nextTurn, raceSignal } from '../../../../shared/clock.ts';
import type { SwitchyardError } from '../../../../shared/errors.ts';
import { isObject, RpcError } from '../../../mcp/json-rpc.ts';
import type { ToolPage } from '../../connection/connection.ts';
import { UnusableAnswer } from '../../connection/failure.ts';
import { StatusError } from '../../connection/http-refusal.ts';
import { StreamEnded } from '../../connection/network-failure.ts';
import type { Handshake } from './handshakes.ts';

/**
 * Returns the first page of a tool list, either a page already received or the result of `ask`. `ask` may be called
 * more than once.
 */
export type FirstList = (ask: () => Promise<ToolPage>, signal: Cancellation) => Promise<ToolPage>;

/** A tool list that was requested in parallel with `server/discover`. */
interface EarlyPage {
  /** Returns the page, or null if the request was never sent. */
  take(): Promise<ToolPage> | null;
  /** Discards the page. */
  discard(): Promise<void>;
}

/** The handshake failed although the tools had already been requested. */
export class HandshakeRefused extends Error {
  /** The error for an attempt that waited for the handshake. */
  readonly coded: SwitchyardError;

  constructor(coded: SwitchyardError) {
    super(coded.message);
    this.coded = coded;
  }
}

/** Callbacks for a server that cannot handle requests sent without waiting for the previous response. */
interface HasteEvents {
  /** The tools could not be listed. */
  readonly onFailed: () => void;
  /** The tools are listed, but `notifications/initialized` was refused. */
  readonly onRefused: (error: SwitchyardError) => void;
  /** Converts a refusal of `notifications/initialized` to the error of the connector. */
  readonly coded: (error: unknown) => SwitchyardError;
}

/**
 * Returns how to request the first list after a handshake that did not wait for every response; null for the usual way.
 */
export function firstListOf(
  { facts, confirmed }: Handshake,
  early: EarlyPage | null,
  events: HasteEvents,
): FirstList | null {
  const isModern = facts.era === 'modern' && isObject(facts.capabilities.tools);
  const page = isModern ? (early?.take() ?? null) : null;
  if (page !== null) return listBesideDiscover(page);
  void early?.discard();
  return confirmed === null ? null : listAfterInitialized(confirmed, events);
}

/**
 * Returns the first list of a modern server that was requested in parallel with `server/discover`; `page` is the result
 * of that request. If the request failed, the list is requested in the usual way.
 */
function listBesideDiscover(page: Promise<ToolPage>): FirstList {
  return async (ask, signal) => {
    try {
      return await raceSignal(page, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return ask();
    }
  };
}

/**
 * Returns the first list of a legacy server that was just sent `notifications/initialized`; `confirmed` is its response
 * to that notification. A strict server may process the list request first, although it was sent later, and refuse it.
 * The request is then repeated once the server has accepted `notifications/initialized`. If the server refuses that
 * notification, the handshake has failed.
 */
function listAfterInitialized(confirmed: Promise<void>, { onFailed, onRefused, coded }: HasteEvents): FirstList {
  const taken = confirmed.catch((error: unknown) => Promise.reject(new HandshakeRefused(coded(error))));
  taken.catch(() => {});
  return async (ask, signal) => {
    try {
      const page = await ask().catch(async (error: unknown) => {
        if (!mayBeTooEarly(error)) throw error;
        await raceSignal(taken, signal);
        return ask();
      });
      // A refusal that arrived together with the list takes precedence.
      await Promise.race([taken, nextTurn()]);
      confirmed.catch((error: unknown) => {
        // A missing response is no failure: the server has shown that it works.
        if (error instanceof StatusError) onRefused(coded(error));
      });
      return page;
    } catch (error) {
      onFailed();
      throw error;
    }
  };
}

/** Whether a list was refused for a reason other than credentials or load. */
function mayBeTooEarly(error: unknown): boolean {
  if (error instanceof StatusError) return ![401, 403, 429].includes(error.refusal.status);
  return error instanceof RpcError || error instanceof UnusableAnswer || error instanceof StreamEnded;
}
