import type { IncomingMessage, ServerResponse } from 'node:http';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import type { Logger } from '../../observability/logger.ts';
import { shownAddress, shownName } from '../status-page/model/shown-text.ts';
import { isOwnPage } from './access/cross-site.ts';
import { answerPage, redirect, refusePage } from './login-answers.ts';
import type { LoginDesk } from './login-desk.ts';
import type { OneTimeAddress } from './one-time-address.ts';
import { failureWords } from './pages/failure-words.ts';
import { type LoginPage, renderDone, renderLogin } from './pages/render-pages.ts';
import { readForm } from './read-form.ts';

const NO_ADDRESS =
  'This one-time login link was opened in another browser, was used, or has expired. Get a new link where you got ' +
  'this one.';

const NO_LOGIN = 'This login was started in another browser, or has ended. Start it again.';

const PURPOSES = 'Open this one-time login link yourself, in a browser window.';

/**
 * Handles a browser's visits to a one-time address: shows its page, redirects to the issuer, and handles the return
 * from there.
 */
export class BrowserLogin {
  readonly #desk: LoginDesk;
  readonly #logger: Logger;

  constructor(desk: LoginDesk, logger: Logger) {
    this.#desk = desk;
    this.#logger = logger;
  }

  /** Shows the page of an address. Only the first browser that requests the page gets it. */
  async open(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const desk = this.#desk;
    const address = desk.addresses.find(id);
    if (address === undefined) return refusePage(response, 403, NO_ADDRESS);
    const isKnown = address.isOpenedBy(request.headers.cookie);
    const cookie = isKnown ? null : address.open(desk.now());
    if (!isKnown && cookie === null) return refusePage(response, 403, NO_ADDRESS);
    await this.#show(response, address, cookie === null ? {} : { 'set-cookie': cookie }, false);
  }

  /** Sends the browser that opened an address to the issuer that is shown on the page of the address. */
  async goOn(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const desk = this.#desk;
    const address = desk.addresses.find(id);
    if (address === undefined || !address.isOpenedBy(request.headers.cookie))
      return refusePage(response, 403, NO_ADDRESS);
    const form = await readForm(request);
    if (!(form instanceof URLSearchParams))
      return refusePage(response, form, 'The form is invalid. Load the page again.');
    if (!isOwnPage(request.headers) || !address.isFormToken(form.get('token')))
      return refusePage(response, 403, 'This form was not sent from the page of this login link. Load the page again.');
    if (address.isDone) return await this.#show(response, address, {}, false);
    const { connectorId } = address.facts;
    try {
      const { issuer, authorizationUrl } = await desk.start(address);
      // The user agreed to the issuer that the page named, and to no other.
      if (issuer === address.issuer) return redirect(response, authorizationUrl);
      address.issuer = issuer;
      await this.#show(response, address, {}, true);
    } catch (error) {
      this.#warn(error, connectorId);
      refusePage(response, 502, failureWords(error), { title: 'The login cannot start', again: this.#pathOf(address) });
    }
  }

  /** Handles a browser that an issuer sent back. It must be the browser that was sent to that issuer. */
  async comeBack(request: IncomingMessage, response: ServerResponse, parameters: URLSearchParams): Promise<void> {
    const desk = this.#desk;
    const address = desk.addresses.ofState(parameters.get('state') ?? '');
    if (address === undefined || !address.isOpenedBy(request.headers.cookie))
      return refusePage(response, 403, NO_LOGIN);
    try {
      await desk.finish(address, parameters);
    } catch (error) {
      this.#warn(error, address.facts.connectorId, parameters.get('error'));
      const isDeclined = parameters.get('error') === 'access_denied';
      const again = this.#pathOf(address);
      return refusePage(response, 502, failureWords(error, isDeclined), {
        title: 'The login failed',
        again,
      });
    }
    const headers = { 'set-cookie': address.removeCookie() };
    answerPage(response, 200, (nonce) => renderDone(this.#nameOf(address), nonce), { headers });
  }

  /** Refuses a request that would open an address before its user does. */
  refuseVisit(response: ServerResponse): void {
    refusePage(response, 403, PURPOSES);
  }

  async #show(
    response: ServerResponse,
    address: OneTimeAddress,
    headers: Readonly<Record<string, string>>,
    isIssuerNew: boolean,
  ): Promise<void> {
    if (address.isDone)
      return answerPage(response, 200, (nonce) => renderDone(this.#nameOf(address), nonce), { headers });
    const { connectorId, askedBy } = address.facts;
    const { issuer, formToken } = address;
    const endpoint = this.#desk.manager.connector(connectorId)?.entry.endpoint ?? null;
    const page: LoginPage = {
      ...{ name: this.#nameOf(address), connectorId: shownName(connectorId), askedBy, isIssuerNew, formToken },
      issuer: issuer === null ? null : shownName(issuer),
      endpoint: endpoint === null ? null : shownAddress(endpoint),
      action: this.#pathOf(address),
    };
    answerPage(response, 200, (nonce) => renderLogin(page, nonce), { headers, formTargets: targetsOf(issuer) });
  }

  #pathOf({ id }: OneTimeAddress): string {
    return `${this.#desk.rules.publicUrl?.pathname.replace(/\/+$/, '') ?? ''}/login/${id}`;
  }

  #nameOf({ facts: { connectorId } }: OneTimeAddress): string {
    return shownName(this.#desk.manager.connector(connectorId)?.entry.name ?? connectorId);
  }

  /**
   * Logs a failed login. The messages of failed logins contain no secrets. If the issuer redirected the browser with an
   * error, only the error code is logged, because anybody can write a description into the address of a redirect.
   */
  #warn(error: unknown, connectorId: string, redirectError: string | null = null): void {
    const code = codeOf(error);
    const fields = { event: 'login-failed', connectorId, code, ...(code === null && { err: error }) };
    const said = redirectError === null ? messageOf(error) : `the issuer responded with ${errorCodeOf(redirectError)}`;
    const why = code === null ? 'internal error of the gateway' : `${code}: ${said}`;
    this.#logger.warn(fields, `The login to connector ${connectorId} failed: ${why}`);
  }
}

/** Returns an OAuth error code, or replacement text for an invalid code. */
function errorCodeOf(text: string): string {
  return /^[a-z_]{1,40}$/.test(text) ? text : 'an error without a valid code';
}

/**
 * Returns the URL schemes to which the form on a login page may lead (CSP `form-action`). Issuers often redirect to
 * other hosts first, so the form cannot be limited to the issuer's own host.
 */
function targetsOf(issuer: string | null): readonly string[] {
  if (issuer === null) return [];
  return issuer.startsWith('http:') ? ['https:', 'http:'] : ['https:'];
}
