import { html } from '../../status-page/view/html.ts';
import { renderFrame } from './page-frame.ts';

/** Content of the page for a one-time login link. The browser shows this page before going to the issuer. */
export interface LoginPage {
  /** Display name of the connector, and its id. */
  readonly name: string;
  readonly connectorId: string;
  /** Origin and path of the connector. */
  readonly endpoint: string | null;
  readonly askedBy: string;
  /** URL that the button leads to; null while unknown. */
  readonly issuer: string | null;
  /** Whether the issuer has become known or has changed since the button was last pressed. */
  readonly isIssuerNew: boolean;
  /** Path of the one-time login link, to which the form is sent. */
  readonly action: string;
  readonly formToken: string;
}

const NEW_ISSUER = 'The gateway now knows where you log in. Check that URL before you continue.';

const AT_ISSUER =
  'Log in there with the account that the connector may use. You then come back to this gateway. The gateway ' +
  'stores the login, and uses it for all callers of this connector.';

const ONLY_YOU =
  'Continue only if you requested this login yourself just now. If someone sent you this one-time login link, they ' +
  'could use your account.';

/** Renders the page of a one-time login link. */
export function renderLogin(page: LoginPage, nonce: string): string {
  const { name, connectorId, endpoint, askedBy, issuer, isIssuerNew, action, formToken } = page;
  const host = issuer === null ? null : (URL.parse(issuer)?.host ?? issuer);
  const body = html`<dl>
<div><dt>Connector</dt><dd><bdi>${name}</bdi>${name !== connectorId && html` (<bdi>${connectorId}</bdi>)`}</dd></div>
<div><dt>Its URL</dt><dd>${endpoint ?? 'unknown'}</dd></div>
<div><dt>You log in at</dt><dd>${issuer ?? 'unknown until you continue; the gateway then asks the connector'}</dd></div>
<div><dt>Requested by</dt><dd><bdi>${askedBy}</bdi></dd></div>
</dl>
${isIssuerNew && html`<p class="warning" role="status">${NEW_ISSUER}</p>`}
<p>${
    host === null
      ? 'When you continue, this gateway asks the connector where to log in and shows it to you here.'
      : `When you continue, you are sent to ${host}. ${AT_ISSUER}`
  }</p>
<p class="warning">${ONLY_YOU}</p>
<form method="post" action="${action}">
<input type="hidden" name="token" value="${formToken}">
<button>${host === null ? 'Continue' : `Continue to ${host}`}</button>
</form>`;
  return renderFrame(`Log in to ${name}`, body, nonce);
}

/** Renders the page after a finished login. */
export function renderDone(name: string, nonce: string): string {
  return renderFrame(
    `Logged in to ${name}`,
    html`<p>The gateway can now use the login. You can close this window.</p>`,
    nonce,
  );
}

/**
 * Renders a page that says why there is no login. `again` is the path of a link to try again; null for no such link.
 */
export function renderRefusal(title: string, why: string, again: string | null, nonce: string): string {
  return renderFrame(
    title,
    html`<p>${why}</p>${again !== null && html`<p><a href="${again}">Try again</a></p>`}`,
    nonce,
  );
}

/** Renders the form that exchanges the operator's token for a cookie. */
export function renderSignIn(action: string, why: string | null, nonce: string): string {
  const body = html`${why !== null && html`<p class="warning" role="alert">${why}</p>`}
<form method="post" action="${action}">
<label for="token">Operator token of this gateway</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button>
</form>`;
  return renderFrame('Operator', body, nonce);
}
