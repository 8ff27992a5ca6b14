import type { IncomingHttpHeaders } from 'node:http';
import type { Cancellation } from '../../../shared/cancellation.ts';
import type { ResultSink } from '../../connectors/connection/connection.ts';
import type { WireRevision } from '../../mcp/definitions/wire-revision.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { LoginDoor } from './login-offer.ts';

export type RequestId = string | number;

/** Asks the client something on behalf of a connector: sampling, elicitation, roots. */
export type AskClient = (method: string, params: JsonObject, signal: AbortSignal) => Promise<JsonObject>;

/** A stream of notices that stays open (MCP 2026-07-28, subscriptions). */
export interface NoticeStream {
  send(method: string, params: JsonObject): void;
  /** Who the client is, as {@link Exchange.principal}. */
  readonly principal: string;
  /** Aborts when the client goes away, or the gateway closes. */
  readonly signal: AbortSignal;
}

/** One request of a client while it is served, whichever way it came. */
export interface Exchange {
  readonly era: 'legacy' | 'modern';
  /** How definitions are written for the client. */
  readonly revision: WireRevision;
  readonly id: RequestId;
  /** Who the client is, as far as the listener tells; what one opened, no other may use. */
  readonly principal: string;
  /** The client, as far as it can be told from others: the same object for all requests of a session. */
  readonly client: object;
  /** The session of a legacy client, and the revision that it agreed on; null or left out without one. */
  readonly session?: { readonly id: string | null; readonly revision: string } | null;
  /** How the client names itself to people, as it says; null or left out where it does not. */
  readonly clientName?: string | null;
  /** Where its person can log in to connectors; null or left out where nobody can. */
  readonly logins?: LoginDoor | null;
  /** Sends a notice that belongs to no request, also later on; null or left out without a session. */
  readonly tell?: ((method: string, params: JsonObject) => void) | null;
  /** As MCP's `ClientCapabilities`: what the client said that it can do. */
  readonly capabilities: JsonObject;
  /** The least severe log message that the client wants; null where it did not say. */
  readonly logLevel: string | null;
  /** Under which the client wants to hear of the request's progress; null where it does not. */
  readonly progressToken: RequestId | null;
  /** Of the request; none over stdio. */
  readonly headers: IncomingHttpHeaders | null;
  /** Aborts when the client gives the request up or goes away. */
  readonly signal: Cancellation;
  /** Sends a notice about this request before its answer; what cannot be sent any more is dropped. */
  notify(method: string, params: JsonObject): void;
  /** Null where a client of this era cannot be asked while it waits. */
  readonly ask: AskClient | null;
  /**
   * Begins the answer with a result that arrives in pieces; `prefix` is written into the result's object first. Null if
   * the transport cannot send pieces.
   */
  readonly openLarge: ((prefix: string, flow: { readonly resume: () => void }) => ResultSink) | null;
}

/** The progress token of a request's parameters. */
export function progressTokenOf({ _meta }: JsonObject): RequestId | null {
  const token = isObject(_meta) ? _meta.progressToken : null;
  return typeof token === 'string' || typeof token === 'number' ? token : null;
}

/** A result that is JSON already. */
export class PreparedResult {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** The answer went out piece by piece. */
export const ANSWERED: unique symbol = Symbol('answered');

/** What became of a request that went to a connector: its result, or {@link ANSWERED}. */
export type Forwarded = JsonObject | typeof ANSWERED;

export type Outcome = Forwarded | PreparedResult;
