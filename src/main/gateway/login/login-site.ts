import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import type { Logger } from '../../observability/logger.ts';
import { answer, answerText } from '../status-page/status-answers.ts';
import type { PageViewer } from '../status-page/view/page-viewer.ts';
import { isNoVisit, isOwnPage } from './access/cross-site.ts';
import { OperatorSessions } from './access/operator-sessions.ts';
import { RequestRate } from './access/request-rate.ts';
import { hasAddress, isLocalOperator, OPERATOR } from './access/who-may-log-in.ts';
import { BrowserLogin } from './browser-login.ts';
import { CALLBACK_PATH, CLIENT_DOCUMENT_PATH, clientDocument } from './client-document.ts';
import { answerPage, redirect, refusePage } from './login-answers.ts';
import type { LoginDesk } from './login-desk.ts';
import { renderSignIn } from './pages/render-pages.ts';
import { readForm } from './read-form.ts';

export interface LoginSiteOptions {
  readonly desk: LoginDesk;
  readonly logger: Logger;
  /** Null if there is no operator token. */
  readonly operatorToken: string | null;
  /** Protects cookies and forms so that all replicas of a fleet accept them; null or left out without a fleet. */
  readonly sealer?: FleetSealer | null;
}

/** Limits per minute: requests from one network address, and attempts to enter the operator token. */
const REQUESTS_PER_MINUTE = 240;
const SIGN_INS_PER_MINUTE = 20;

/** Cache lifetime of the metadata document. */
const DOCUMENT_CACHE = 'public, max-age=300';

const SIGN_IN_PATH = '/login/operator';
const START_PATH = '/login/start';
const ADDRESS = /^\/login\/([A-Za-z0-9_-]{43}(?:~[A-Za-z0-9_-]{1,64})?)$/;

/** Pages below `/login/`. A browser opens them, so they need no access token; the guard has checked the host. */
export class LoginSite {
  readonly #options: LoginSiteOptions;
  readonly #browser: BrowserLogin;
  readonly #sessions: OperatorSessions;
  readonly #requests = new RequestRate(REQUESTS_PER_MINUTE);
  readonly #signIns = new RequestRate(SIGN_INS_PER_MINUTE);
  /**
   * Key for form tokens. Each process or fleet has its own key, so that forms from an earlier process or fleet are
   * refused.
   */
  readonly #key: Buffer;

  constructor(options: LoginSiteOptions) {
    this.#options = options;
    this.#browser = new BrowserLogin(options.desk, options.logger);
    const { sealer = null, operatorToken, desk } = options;
    this.#key = sealer === null ? randomBytes(32) : Buffer.from(sealer.prove('session', 'forms of the operator'));
    const shared = sealer === null ? null : { sealer, operatorToken: operatorToken ?? '' };
    this.#sessions = new OperatorSessions(desk.isSecure, { shared });
  }

  /** True if the operator has signed in with the browser that sent the request. */
  isSignedIn({ headers }: IncomingMessage): boolean {
    return this.#options.operatorToken !== null && this.#sessions.find(headers.cookie) !== null;
  }

  /**
   * Returns the parts of the status page that depend on the sender of a request; `principal` is null if the guard
   * refused the request.
   */
  async viewer(request: IncomingMessage, principal: string | null): Promise<PageViewer> {
    const { desk, operatorToken } = this.#options;
    const isOperator = this.#isOperator(request, principal);
    const mayLogIn = isOperator && hasAddress(request.headers, desk.rules);
    return {
      formToken: mayLogIn ? this.#formToken(request) : null,
      formTarget: new URL(await desk.base()).origin,
      canSignIn: operatorToken !== null && !isOperator,
    };
  }

  /** Serves paths below `/login/`; `principal` is null for a request without a valid access token. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
    principal: string | null,
  ): Promise<void> {
    if (this.isTooFast(request, response)) return;
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    const isPost = request.method === 'POST';
    if (isGet) request.resume();
    if (pathname === CLIENT_DOCUMENT_PATH && isGet) return await this.#document(response);
    if (pathname === SIGN_IN_PATH && (isGet || isPost)) return await this.#signIn(request, response);
    if (pathname === START_PATH && isPost) return await this.#start(request, response, principal);
    await this.#visit(request, response, pathname);
  }

  /**
   * True if the network address of the sender has sent too many requests. In that case this method has already
   * responded.
   */
  isTooFast(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#requests.take(request.socket.remoteAddress ?? '')) return false;
    answerText(response, 429, 'Too many requests. Try again in ten seconds.', { 'retry-after': '10' });
    return true;
  }

  /** True if a login that started here waits for a browser with this `state`. */
  hasState(state: string): boolean {
    return this.#options.desk.addresses.ofState(state) !== undefined;
  }

  /**
   * Serves the request of a browser, forwarded by another replica, to open a one-time address or to come back from the
   * issuer.
   */
  async visit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isTooFast(request, response)) return;
    await this.#visit(request, response, request.url?.split('?', 1)[0] ?? '');
  }

  async #visit(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    const isPost = request.method === 'POST';
    const [, id] = ADDRESS.exec(pathname) ?? [];
    if (id !== undefined && isPost) return await this.#browser.goOn(request, response, id);
    const isVisit = id !== undefined || pathname === CALLBACK_PATH;
    if (!isVisit || !isGet) return refusePage(response, isVisit ? 405 : 404, 'This page does not exist.');
    // No user has seen the page yet, so the address must stay unused.
    if (request.method === 'HEAD' || isNoVisit(request.headers)) return this.#browser.refuseVisit(response);
    if (id !== undefined) await this.#browser.open(request, response, id);
    else await this.#browser.comeBack(request, response, parametersOf(request));
  }

  async #document(response: ServerResponse): Promise<void> {
    const { desk } = this.#options;
    if (!desk.isSecure) return refusePage(response, 404, 'This page does not exist.');
    const json = JSON.stringify(clientDocument(await desk.base()));
    answer(response, 200, { 'content-type': 'application/json', 'cache-control': DOCUMENT_CACHE }, `${json}\n`);
  }

  /**
   * Creates a one-time address when the operator requests a login on the status page, and redirects the browser to that
   * address.
   */
  async #start(request: IncomingMessage, response: ServerResponse, principal: string | null): Promise<void> {
    const { desk } = this.#options;
    const form = await readForm(request);
    if (!(form instanceof URLSearchParams))
      return refusePage(response, form, 'The form is invalid. Load the status page again.');
    if (!isOwnPage(request.headers) || !this.#isOperator(request, principal))
      return refusePage(response, 403, 'Only the operator of this gateway may log in here.');
    if (!isSame(form.get('token') ?? '', this.#formToken(request)))
      return refusePage(response, 403, 'The status page is out of date. Load it again.', { again: '/' });
    const connectorId = form.get('connector') ?? '';
    if (!desk.manager.has(connectorId)) return refusePage(response, 404, 'The connector no longer exists.');
    if (!hasAddress(request.headers, desk.rules))
      return refusePage(response, 409, 'The gateway does not know its public URL. Start it with --public-url.');
    const address = await desk.addressForOperator(connectorId);
    if (address === null) return refusePage(response, 503, 'Too many logins are in progress. Try again later.');
    redirect(response, await desk.urlOf(address));
  }

  async #signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { operatorToken, desk } = this.#options;
    if (operatorToken === null) return refusePage(response, 404, 'This page does not exist.');
    const path = (desk.rules.publicUrl?.pathname.replace(/\/+$/, '') ?? '') + SIGN_IN_PATH;
    const show = (status: number, why: string | null): void =>
      answerPage(response, status, (nonce) => renderSignIn(path, why, nonce));
    if (request.method !== 'POST') return show(200, null);
    const form = await readForm(request);
    if (!(form instanceof URLSearchParams) || !isOwnPage(request.headers))
      return show(403, 'The form was not valid. Send it again.');
    if (!this.#signIns.take(request.socket.remoteAddress ?? ''))
      return show(429, 'Too many attempts. Try again in a minute.');
    if (!isSame(form.get('token') ?? '', operatorToken)) return show(403, 'This is not the operator token.');
    this.#sessions.end(request.headers.cookie);
    redirect(response, `${path.slice(0, -SIGN_IN_PATH.length)}/`, { 'set-cookie': this.#sessions.begin() });
  }

  #isOperator(request: IncomingMessage, principal: string | null): boolean {
    if (principal === OPERATOR || this.isSignedIn(request)) return true;
    return principal !== null && isLocalOperator(request.headers, this.#options.desk.rules);
  }

  /** Returns the form token, which differs for each session of the operator. A page of another site cannot read it. */
  #formToken({ headers }: IncomingMessage): string {
    const session = this.#sessions.find(headers.cookie) ?? '';
    return createHmac('sha256', this.#key).update(session).digest('base64url');
  }
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}

function parametersOf({ url = '' }: IncomingMessage): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start));
}
