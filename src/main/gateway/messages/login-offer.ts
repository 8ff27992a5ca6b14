import type { IncomingHttpHeaders } from 'node:http';

/** A client's request that needs a login to a connector. */
export interface LoginRequest {
  readonly connectorId: string;
  /** Issuer that the connector specifies; null while unknown. */
  readonly issuer: string | null;
  /** Whether the connector is up, and only this request needs more rights (a 403, or a tool that needs a login). */
  readonly isStepUp: boolean;
  /** Principal of the requester, as in `Exchange.principal`. */
  readonly principal: string;
  /** Display name of the client, in its own words; null if it sent none. */
  readonly clientName: string | null;
  /** Headers of the HTTP request; null over stdio. */
  readonly headers: IncomingHttpHeaders | null;
}

/** An address at which the user of a client can log in. It is valid for one browser and for a limited time. */
export interface OfferedAddress {
  readonly kind: 'address';
  readonly url: string;
  /** Id of the elicitation for the client (MCP 2025-11-25, elicitation: URL mode). It is not a secret. */
  readonly elicitationId: string;
  /** Epoch ms. */
  readonly expiresAt: number;
  /**
   * Resolves with true once the login is done and the connector has been retried. Resolves with false once the address
   * is invalid.
   */
  readonly finished: Promise<boolean>;
  /** Calls `listener` once after the login. Each `client` has at most one listener. */
  tell(client: object, listener: () => void): void;
}

/** The way in which a client may log in. */
export type LoginOffer =
  | OfferedAddress
  /**
   * No address leads the client's user here, so the user has to log in on the command line of the gateway's machine.
   */
  | { readonly kind: 'command' }
  /** The client may not log in, because other clients would use its login, or it would use their login. */
  | { readonly kind: 'operator' };

/** Offers logins to clients. */
export interface LoginDoor {
  offer(request: LoginRequest): Promise<LoginOffer>;
}
