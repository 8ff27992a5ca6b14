import type { IncomingHttpHeaders } from 'node:http';
import type { Cancellation } from '../../../shared/cancellation.ts';
import type { ResultSink } from '../../connectors/connection/connection.ts';
import type { WireRevision } from '../../mcp/definitions/wire-revision.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { LoginDoor } from './login-offer.ts';

export type RequestId = string | number;

/** Sends a server request to the client on behalf of a connector: sampling, elicitation, roots. */
export type AskClient = (method: string, params: JsonObject, signal: AbortSignal) => Promise<JsonObject>;

/** Notification stream that stays open (MCP 2026-07-28, subscriptions). */
export interface NoticeStream {
  send(method: string, params: JsonObject): void;
  /** Principal of the client, as in {@link Exchange.principal}. */
  readonly principal: string;
  /** Aborts when the client disconnects, or the gateway closes. */
  readonly signal: AbortSignal;
}

/** One request of a client while it is served, over any transport. */
export interface Exchange {
  readonly era: 'legacy' | 'modern';
  /** The protocol revision that decides in which form the client gets definitions. */
  readonly revision: WireRevision;
  readonly id: RequestId;
  /**
   * Principal of the client, as far as the listener can tell. No other principal may use what this principal opened.
   */
  readonly principal: string;
  /** Identity of the client: the same object for all requests of a session. */
  readonly client: object;
  /** Session of a legacy client, and the revision that it agreed on; null or left out without a session. */
  readonly session?: { readonly id: string | null; readonly revision: string } | null;
  /** Display name of the client, in its own words; null or left out if it sends none. */
  readonly clientName?: string | null;
  /** Offers logins to connectors; null or left out if no logins are possible. */
  readonly logins?: LoginDoor | null;
  /** Sends a notification that belongs to no request, even after the response; null or left out without a session. */
  readonly tell?: ((method: string, params: JsonObject) => void) | null;
  /** Capabilities that the client declared (MCP, `ClientCapabilities`). */
  readonly capabilities: JsonObject;
  /** Minimum level of log messages for the client; null if it did not set one. */
  readonly logLevel: string | null;
  /** Token for progress notifications of the request; null if the client wants none. */
  readonly progressToken: RequestId | null;
  /** Headers of the request; null over stdio. */
  readonly headers: IncomingHttpHeaders | null;
  /** Aborts when the client cancels the request or disconnects. */
  readonly signal: Cancellation;
  /** Sends a notification about this request before its response. Notifications after the response are dropped. */
  notify(method: string, params: JsonObject): void;
  /** Sends server requests; null if a client of this protocol generation cannot receive them during a request. */
  readonly ask: AskClient | null;
  /**
   * Starts a response whose result arrives in pieces. `prefix` is JSON to insert at the start of the result's object.
   * Null if the transport cannot send pieces.
   */
  readonly openLarge: ((prefix: string, flow: { readonly resume: () => void }) => ResultSink) | null;
}

/** Returns the progress token in a request's parameters. */
export function progressTokenOf({ _meta }: JsonObject): RequestId | null {
  const token = isObject(_meta) ? _meta.progressToken : null;
  return typeof token === 'string' || typeof token === 'number' ? token : null;
}

/** A result that is already JSON. */
export class PreparedResult {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** Marks a response that was sent in pieces. */
export const ANSWERED: unique symbol = Symbol('answered');

/** Outcome of a forwarded request: its result, or {@link ANSWERED}. */
export type Forwarded = JsonObject | typeof ANSWERED;

export type Outcome = Forwarded | PreparedResult;
