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
 * Returns the first page of a tool list: a page that was already received, or the result of `ask`. May call `ask` more
 * than once.
 */
export type FirstList = (ask: () => Promise<ToolPage>, signal: Cancellation) => Promise<ToolPage>;

/** A tool list that was requested in parallel with `server/discover`. */
interface EarlyPage {
  /** Returns the page, or null if the request was never sent. */
  take(): Promise<ToolPage> | null;
  /** Discards the page. */
  discard(): Promise<void>;
}

/** The handshake failed after the tools had already been requested. */
export class HandshakeRefused extends Error {
  /** The error that the handshake would have caused if the client had waited for its end. */
  readonly coded: SwitchyardError;

  constructor(coded: SwitchyardError) {
    super(coded.message);
    this.coded = coded;
  }
}

/** Callbacks that report a server that cannot handle a request before responding to the previous request. */
interface HasteEvents {
  /** Called when the tools could not be listed. */
  readonly onFailed: () => void;
  /** Called when the tools were listed, but the server then refused `notifications/initialized`. */
  readonly onRefused: (error: SwitchyardError) => void;
  /** Converts a refusal of `notifications/initialized` to the coded error of the connector. */
  readonly coded: (error: unknown) => SwitchyardError;
}

/**
 * Returns a function that gets the first page of the tool list, if a page was requested early or the handshake did not
 * wait for every response. Returns null if the page can be requested as usual.
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
 * Returns a function that gets a modern server's first page of tools from `page`, a request that was sent in parallel
 * with `server/discover`. If that request failed, the page is requested as usual.
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
 * Returns a function that requests the first page from a legacy server while `notifications/initialized` is still in
 * flight; `confirmed` is the server's response to that notification. A strict server may process the page request
 * first, although it was sent later, and refuse it. The request is then repeated once the server has accepted the
 * notification. If the server refuses the notification, the handshake has failed.
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
      // A refusal of the notification may arrive together with the list, and takes precedence.
      await Promise.race([taken, nextTurn()]);
      confirmed.catch((error: unknown) => {
        // A missing response to the notification is no failure, because the list shows that the server works.
        if (error instanceof StatusError) onRefused(coded(error));
      });
      return page;
    } catch (error) {
      onFailed();
      throw error;
    }
  };
}

/**
 * Whether the server may have refused the request for a list because it came too early. True for every refusal, unless
 * its reason is the credentials or the load.
 */
function mayBeTooEarly(error: unknown): boolean {
  if (error instanceof StatusError) return ![401, 403, 429].includes(error.refusal.status);
  return error instanceof RpcError || error instanceof UnusableAnswer || error instanceof StreamEnded;
}
