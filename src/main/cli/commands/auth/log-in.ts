import { deadline, linkSignals } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import type { StartedLogin } from '../../../connectors/credentials/logins/login-service.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { printable, say } from '../../terminal/output.ts';
import { settingsOf } from './auth-manager.ts';
import { awaitUp } from './await-up.ts';
import { type LoopbackRedirect, listenForRedirect } from './loopback-redirect.ts';
import { openBrowser } from './open-browser.ts';
import { askForRedirect, type InputLines } from './read-redirect.ts';
import { REDIRECT_PAGES, type RedirectPage } from './redirect-page.ts';

/**
 * Port that the redirect listener tries first. If the address stays the same, the client registration of the last login
 * can be used again. The port is below the range that systems use for outgoing connections.
 */
const USUAL_PORT = 21_737;

/** Settings for the part of a login that a person does in a browser. */
export interface LoginWay {
  /** Why the program cannot open a browser; null if it can. */
  readonly noBrowserBecause: string | null;
  /** Lines of standard input, in which the user may paste the redirect address; null if nothing can be pasted. */
  readonly lines: InputLines | null;
  /** How long to wait for the redirect, in milliseconds. */
  readonly loginTimeoutMs: number;
  /** How long to wait, after the login, until the connector is up, in milliseconds. */
  readonly upTimeoutMs: number;
}

/** The parameters of a redirect, and a function that shows the outcome of the login in the browser. */
interface Redirected {
  readonly parameters: URLSearchParams;
  readonly answer: (page: RedirectPage) => void;
}

/**
 * Logs in to one connector: listens for the redirect, opens the issuer's page in the browser, finishes the login and
 * waits until the connector is up. Rejects with a `LOGIN_…` code if the login fails, with CONNECTOR_UNAVAILABLE if the
 * connector is not up after the login, or with the reason of `signal`.
 */
export async function logIn(
  manager: ConnectorProxyManager,
  connectorId: string,
  way: LoginWay,
  signal: AbortSignal,
): Promise<void> {
  const port = settingsOf(manager, connectorId)?.callbackPort ?? null;
  const host = port === null ? '127.0.0.1' : 'localhost';
  await using redirect = await listenForRedirect({ host, fixedPort: port, preferredPort: USUAL_PORT });
  const started = await manager.startLogin(connectorId, { redirectUrl: redirect.url });
  tellLogin(started, way, redirect.url);
  if (way.noBrowserBecause === null)
    await openBrowser(started.authorizationUrl, (why) =>
      say(`The browser could not be opened (${printable(why)}): open the address above yourself.`),
    );
  const { parameters, answer } = await awaitRedirect(started, redirect, way, signal);
  try {
    await manager.finishLogin(parameters);
    answer(REDIRECT_PAGES.done);
  } catch (error) {
    answer(REDIRECT_PAGES.failed);
    throw error;
  }
  await awaitUp(manager, connectorId, way.upTimeoutMs, signal);
}

/** Tells the user which server, issuer, scopes and address the login is for, before the browser opens. */
function tellLogin(started: StartedLogin, way: LoginWay, redirectUrl: string): void {
  const { connectorId, issuer, resource, scope, authorizationUrl } = started;
  say(`\nLogin to the connector ${printable(connectorId)}`);
  say(`  server   ${printable(resource)}`);
  say(`  issuer   ${printable(issuer)}`);
  say(`  scopes   ${scope === null ? 'the issuer decides' : printable(scope)}`);
  say(`  address  ${printable(authorizationUrl)}\n`);
  for (const line of instructions(way, redirectUrl)) say(line);
  say(`You have ${durationText(way.loginTimeoutMs)}; press Ctrl-C to cancel.`);
}

/** Returns sentences that tell the user how to open the address of the login. */
function instructions({ noBrowserBecause, lines }: LoginWay, redirectUrl: string): readonly string[] {
  if (noBrowserBecause === null)
    return ['Your browser opens this address now: log in there. If it does not, open the address yourself.'];
  if (lines !== null)
    return [
      `Open the address in a browser and log in there. It is then sent to ${redirectUrl}.`,
      'On this machine, that is all. On another one, that page does not load: copy its address and paste it here.',
    ];
  return [
    `No browser is opened: ${noBrowserBecause}. Open the address in a browser of this machine and log in there.`,
    'For a browser of another machine, give --no-browser.',
  ];
}

/** Waits until the redirect of a login arrives over loopback or is pasted into the terminal. */
async function awaitRedirect(
  started: StartedLogin,
  redirect: LoopbackRedirect,
  { lines, loginTimeoutMs }: LoginWay,
  signal: AbortSignal,
): Promise<Redirected> {
  using patience = deadline(loginTimeoutMs, () => nobodyCame(started, loginTimeoutMs), signal);
  using one = linkSignals(patience.signal);
  const expected = { ...started, redirectUrl: redirect.url };
  const ways: Promise<Redirected>[] = [redirect.receive(started.state, one.signal)];
  if (lines !== null)
    ways.push(askForRedirect(lines, expected, one.signal).then((parameters) => ({ parameters, answer: () => {} })));
  try {
    return await Promise.race(ways);
  } finally {
    // Cancels the wait that is still pending, either for the redirect over loopback or for a pasted address.
    one.abort(new SwitchyardError('LOGIN_FAILED', 'The redirect has already been received.'));
  }
}

function nobodyCame({ connectorId }: StartedLogin, timeoutMs: number): SwitchyardError {
  const waited = durationText(timeoutMs);
  return new SwitchyardError('LOGIN_FAILED', `The login to ${connectorId} was not finished within ${waited}.`);
}

/** Formats a duration: "10 min", or "30 s" if it is less than a minute. */
function durationText(ms: number): string {
  return ms >= 60_000 ? `${Math.round(ms / 60_000)} min` : `${Math.max(1, Math.round(ms / 1_000))} s`;
}
