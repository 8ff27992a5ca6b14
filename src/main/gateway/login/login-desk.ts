import { type Clock, systemClock } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { StartedLogin, StartLoginOptions } from '../../connectors/credentials/logins/login-service.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { Logger } from '../../observability/logger.ts';
import type { LoginDoor, LoginOffer, LoginRequest } from '../messages/login-offer.ts';
import { shownName } from '../status-page/model/shown-text.ts';
import { baseOf } from './access/public-url.ts';
import { isLoopbackHost, type LoginRules, OPERATOR, rightOfCaller } from './access/who-may-log-in.ts';
import { CALLBACK_PATH, CLIENT_DOCUMENT_PATH } from './client-document.ts';
import { LoginAddresses } from './login-addresses.ts';
import type { OneTimeAddress } from './one-time-address.ts';

/** Parts of a manager that the login desk needs. */
export interface LoginManager extends Pick<ConnectorProxyManager, 'has' | 'connector' | 'on' | 'ready' | 'logins'> {
  startLogin(connectorId: string, options: StartLoginOptions): Promise<StartedLogin>;
  finishLogin(parameters: URLSearchParams): Promise<{ readonly connectorId: string }>;
}

export interface LoginDeskOptions {
  readonly manager: LoginManager;
  readonly logger: Logger;
  readonly rules: LoginRules;
  /**
   * Address of a metadata document that another server hosts (CIMD); null if the gateway uses its own document or none.
   */
  readonly clientMetadataUrl: string | null;
  /** The gateway's own address on this machine, without a path. */
  readonly ownUrl: () => string | Promise<string>;
  readonly clock?: Clock;
  /** Id of the replica that this desk belongs to; null or left out without a fleet. */
  readonly hostId?: string | null;
}

/** Maximum characters of a client's name on the page. */
const MAX_NAME_LENGTH = 80;

/** Time that clients wait, after a login, for the connector to come up. */
const UP_MS = 10_000;

/** Logins through a gateway: issues one-time addresses, sends browsers to issuers, and handles their return. */
export class LoginDesk implements LoginDoor {
  readonly addresses: LoginAddresses;
  readonly rules: LoginRules;
  readonly manager: LoginManager;
  /** Whether browsers reach the gateway over https. */
  readonly isSecure: boolean;
  readonly #options: LoginDeskOptions;
  readonly #clock: Clock;
  readonly #off: () => void;

  constructor(options: LoginDeskOptions) {
    const { manager, rules, clock = systemClock, hostId = null } = options;
    this.#options = options;
    this.#clock = clock;
    this.manager = manager;
    this.rules = rules;
    this.isSecure = rules.publicUrl?.protocol === 'https:';
    this.addresses = new LoginAddresses({ clock, isSecure: this.isSecure, hostId });
    // The listener also notices logins that were made elsewhere, for example on the command line or at another address.
    this.#off = manager.on('connector', ({ connectorId, to }) => {
      if (to === 'ready' || to === 'degraded') this.#cameUp(connectorId);
    });
  }

  now(): number {
    return this.#clock.now();
  }

  /** Returns the address at which browsers reach the gateway, without a trailing slash. */
  async base(): Promise<string> {
    const { publicUrl } = this.rules;
    return publicUrl === null ? await this.#options.ownUrl() : baseOf(publicUrl);
  }

  async offer({ connectorId, issuer, isStepUp, principal, clientName, headers }: LoginRequest): Promise<LoginOffer> {
    const right = rightOfCaller(principal, headers, this.rules);
    if (right !== 'address') return { kind: right };
    const name = clientName === null ? '' : shownName(clientName.trim(), MAX_NAME_LENGTH);
    const askedBy = name === '' ? 'A client that gave no name' : `“${name}”`;
    const address = this.addresses.get({ connectorId, isStepUp, principal, askedBy }, issuer);
    if (address === null) return { kind: 'command' };
    return {
      kind: 'address',
      url: await this.urlOf(address),
      elicitationId: address.elicitationId,
      expiresAt: address.facts.expiresAt,
      finished: address.finished,
      tell: (client, listener) => address.tell(client, listener),
    };
  }

  /**
   * Creates a login address for the operator, who requested it on the status page. Null if there are too many
   * addresses.
   */
  async addressForOperator(connectorId: string): Promise<OneTimeAddress | null> {
    const known = (await this.manager.logins()).find((login) => login.connectorId === connectorId);
    const facts = { connectorId, isStepUp: false, principal: OPERATOR, askedBy: 'The status page of this gateway' };
    return this.addresses.get(facts, known?.issuer ?? null);
  }

  async urlOf({ id }: OneTimeAddress): Promise<string> {
    return `${await this.base()}/login/${id}`;
  }

  /**
   * Starts the login for the browser that opened an address. Rejects as `startLogin` of the manager does. Also rejects
   * with LOGIN_METADATA_INVALID for an authorization endpoint to which no browser may be sent.
   */
  async start(address: OneTimeAddress): Promise<StartedLogin> {
    address.starting ??= this.#start(address).finally(() => {
      address.starting = null;
    });
    return await address.starting;
  }

  async #start(address: OneTimeAddress): Promise<StartedLogin> {
    const { connectorId } = address.facts;
    const current = address.started;
    if (current !== null && current.expiresAt > this.now()) return current;
    if (!address.countStart())
      throw new SwitchyardError('LOGIN_EXPIRED', 'The login was started too many times with this link.');
    const base = await this.base();
    const ownDocument = this.isSecure ? base + CLIENT_DOCUMENT_PATH : null;
    const clientMetadataUrl = this.#options.clientMetadataUrl ?? ownDocument;
    const started = await this.manager.startLogin(connectorId, {
      redirectUrl: base + CALLBACK_PATH,
      clientMetadataUrl,
    });
    if (!mayBeOpened(started.authorizationUrl))
      throw new SwitchyardError(
        'LOGIN_METADATA_INVALID',
        'The authorization endpoint must be https, or http on loopback.',
      );
    address.started = started;
    return started;
  }

  /**
   * Finishes the login of a browser that comes back from the issuer. Rejects as the manager's `finishLogin` does. In
   * that case the address stays valid.
   */
  async finish(address: OneTimeAddress, parameters: URLSearchParams): Promise<void> {
    // A state is valid for one redirect, whatever the outcome.
    address.started = null;
    const { connectorId, principal } = address.facts;
    await this.manager.finishLogin(parameters);
    address.isDone = true;
    this.#options.logger.info(
      { event: 'login-finished', connectorId, issuer: address.issuer, principal },
      `Logged in to connector ${connectorId}`,
    );
    void this.manager
      .ready({ connectorId }, { timeoutMs: UP_MS })
      .catch(() => {
        // Clients that wait for the login now retry their requests. The errors of these requests say why the connector
        // is not up.
      })
      .finally(() => this.addresses.end(address, true));
  }

  close(): void {
    this.#off();
    this.addresses.close();
  }

  /**
   * Ends the addresses of a connector that has come up, except addresses for a step-up (a login for more rights). A
   * step-up ends only at its own address.
   */
  #cameUp(connectorId: string): void {
    for (const address of this.addresses.all())
      if (address.facts.connectorId === connectorId && !address.facts.isStepUp) this.addresses.end(address, true);
  }
}

/** True if a browser may be sent to an address: https, or http on loopback, without credentials. */
function mayBeOpened(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || url.username + url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}
