import type { Cancellation } from '../../../../shared/cancellation.ts';
import { nextTurn, raceSignal } from '../../../../shared/clock.ts';
import type { SwitchyardError } from '../../../../shared/errors.ts';
import { isObject, RpcError } from '../../../mcp/json-rpc.ts';
import type { ToolPage } from '../../connection/connection.ts';
import { UnusableAnswer } from '../../connection/failure.ts';
import { StatusError } from '../../connection/http-refusal.ts';
import { StreamEnded } from '../../connection/network-failure.ts';
import type { Handshake } from './handshakes.ts';

/** Asks for the first page of a tool list by `ask`, which may be called again, or knows it already. */
export type FirstList = (ask: () => Promise<ToolPage>, signal: Cancellation) => Promise<ToolPage>;

/** A list that was asked for beside `server/discover`. */
interface EarlyPage {
  /** The page that comes; null where it was not asked for in the end. */
  take(): Promise<ToolPage> | null;
  /** Nobody wants it. */
  discard(): Promise<void>;
}

/** The handshake failed after all, when the tools were asked for already. */
export class HandshakeRefused extends Error {
  /** What an attempt fails with that waited for the handshake. */
  readonly coded: SwitchyardError;

  constructor(coded: SwitchyardError) {
    super(coded.message);
    this.coded = coded;
  }
}

/** Hears that a server does not cope with requests that wait for nothing. */
interface HasteEvents {
  /** The tools could not be listed. */
  readonly onFailed: () => void;
  /** The tools are listed, but `notifications/initialized` was refused. */
  readonly onRefused: (error: SwitchyardError) => void;
  /** What a refusal of `notifications/initialized` is for the connector. */
  readonly coded: (error: unknown) => SwitchyardError;
}

/** How the first list is asked for after a handshake that waited for no more than it had to; null for as usual. */
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
 * The first list of a modern server that was asked for it beside `server/discover`: `page` is what comes of that.
 * Whatever goes wrong with it, the server is asked as usual.
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
 * The first list of a legacy server that was just told that the handshake is over: `confirmed` is its answer to that.
 * A strict server may see the list first, though it was sent later, and refuses it then: it is asked once more when it
 * has taken `notifications/initialized`. Where it refuses that, the handshake has failed.
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
      // A refusal that arrived together with the list counts.
      await Promise.race([taken, nextTurn()]);
      confirmed.catch((error: unknown) => {
        // Silence says nothing: the server has shown that it works.
        if (error instanceof StatusError) onRefused(coded(error));
      });
      return page;
    } catch (error) {
      onFailed();
      throw error;
    }
  };
}

/** Whether a list was refused in a way that says nothing about credentials or load. */
function mayBeTooEarly(error: unknown): boolean {
  if (error instanceof StatusError) return ![401, 403, 429].includes(error.refusal.status);
  return error instanceof RpcError || error instanceof UnusableAnswer || error instanceof StreamEnded;
}
