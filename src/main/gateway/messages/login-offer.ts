import type { IncomingHttpHeaders } from 'node:http';

/** A client's request that met a connector which wants a login. */
export interface LoginRequest {
  readonly connectorId: string;
  /** Where the connector sends people; null where nobody knows yet. */
  readonly issuer: string | null;
  /** Whether the connector is up, and only this request needs more rights (a 403, or a tool that wants a login). */
  readonly isStepUp: boolean;
  /** Who asks, as `Exchange.principal`. */
  readonly principal: string;
  /** How the client names itself, as it sent it; null where it did not. */
  readonly clientName: string | null;
  /** Of the HTTP request; null over stdio. */
  readonly headers: IncomingHttpHeaders | null;
}

/** An address at which the person of a client can log in. It is good for one browser and for a limited time. */
export interface OfferedAddress {
  readonly kind: 'address';
  readonly url: string;
  /** Names the elicitation to the client (MCP 2025-11-25, elicitation: URL mode). It is no secret. */
  readonly elicitationId: string;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** Resolves with true once the connector is logged in to and tried again, with false once the address is void. */
  readonly finished: Promise<boolean>;
  /** Calls `listener` once after the login. `client` registers at most once. */
  tell(client: object, listener: () => void): void;
}

/** What a client is told to do about a login. */
export type LoginOffer =
  | OfferedAddress
  /** No address leads its person here: the command line of the gateway's machine does it. */
  | { readonly kind: 'command' }
  /** It may not log in: others would act through its login, or it through theirs. */
  | { readonly kind: 'operator' };

/** Where clients are sent to log in. */
export interface LoginDoor {
  offer(request: LoginRequest): Promise<LoginOffer>;
}
