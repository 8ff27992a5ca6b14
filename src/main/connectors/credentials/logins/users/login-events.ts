import { SwitchyardError } from '../../../../../shared/errors.ts';
import type { LoginBinding } from '../../../../../shared/logins/login-records.ts';
import { recordLogin } from '../../../../observability/instruments.ts';
import type { Logger } from '../../../../observability/logger.ts';
import type { LoginTarget } from '../../login-target.ts';
import type { OAuthCredentials } from '../oauth-credentials.ts';

/** So many reasons of one connector are logged: a server may make up another one for each request. */
const MAX_REASONS = 4;

/** Logs and counts what becomes of logins, each once. Nothing in it is secret. */
export class LoginEvents {
  readonly #logger: Logger;
  /** What was said of a connector that wants a login. */
  readonly #said = new Map<string, Set<string>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A request was refused for want of a login; only a new reason is logged. */
  needed({ target }: { readonly target: LoginTarget }, error: SwitchyardError): void {
    const { connectorId } = target;
    const said = this.#said.get(connectorId) ?? new Set();
    if (said.has(error.message) || said.size >= MAX_REASONS) return;
    this.#said.set(connectorId, said.add(error.message));
    this.#logger.info({ event: 'login-needed', ...error.detail }, error.message);
  }

  /** A person logged in. */
  done({ connectorId }: LoginTarget, { key }: LoginBinding): void {
    recordLogin('done');
    const issuer = key?.issuer;
    this.#logger.info({ event: 'login-done', connectorId, issuer }, `Logged in to ${connectorId} at ${issuer}`);
  }

  /** A redirect led to no login. Its caller is told why. */
  failed(error: unknown): void {
    const code = error instanceof SwitchyardError ? error.code : 'INTERNAL';
    recordLogin(code === 'LOGIN_EXPIRED' ? 'expired' : 'failed');
  }

  /** The issuer takes the login for over. */
  lost({ target, login }: OAuthCredentials): void {
    const { connectorId } = target;
    const issuer = login?.key.issuer;
    const reason = login?.lostBecause ?? 'unknown';
    recordLogin('lost');
    const message = `The login of ${connectorId} at ${issuer} is lost (${reason}): log in again`;
    this.#logger.warn({ event: 'login-lost', connectorId, issuer, reason }, message);
  }

  /** There is a login again, so a later refusal is worth a word. */
  regained({ target }: OAuthCredentials): void {
    this.#said.delete(target.connectorId);
  }

  loggedOut({ connectorId }: LoginTarget, issuer: string | null): void {
    recordLogin('logged-out');
    this.#logger.info({ event: 'logout', connectorId, issuer }, `Logged out of ${connectorId}`);
  }
}
