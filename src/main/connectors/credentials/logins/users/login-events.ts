import { SwitchyardError } from '../../../../../shared/errors.ts';
import type { LoginBinding } from '../../../../../shared/logins/login-records.ts';
import { recordLogin } from '../../../../observability/instruments.ts';
import type { Logger } from '../../../../observability/logger.ts';
import type { LoginTarget } from '../../login-target.ts';
import type { OAuthCredentials } from '../oauth-credentials.ts';

/**
 * Maximum number of different reasons that are logged per connector. A server could invent a new reason for each
 * request.
 */
const MAX_REASONS = 4;

/** Logs and counts the events of logins. Each event is reported once, and no report contains a secret. */
export class LoginEvents {
  readonly #logger: Logger;
  /** Messages about a needed login that were already logged, by connector id. */
  readonly #said = new Map<string, Set<string>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Reports a request that was refused because a login is needed. Each reason is logged only once. */
  needed({ target }: { readonly target: LoginTarget }, error: SwitchyardError): void {
    const { connectorId } = target;
    const said = this.#said.get(connectorId) ?? new Set();
    if (said.has(error.message) || said.size >= MAX_REASONS) return;
    this.#said.set(connectorId, said.add(error.message));
    this.#logger.info({ event: 'login-needed', ...error.detail }, error.message);
  }

  /** Reports that a person logged in. */
  done({ connectorId }: LoginTarget, { key }: LoginBinding): void {
    recordLogin('done');
    const issuer = key?.issuer;
    this.#logger.info({ event: 'login-done', connectorId, issuer }, `Logged in to ${connectorId} at ${issuer}`);
  }

  /** Counts a redirect that led to no login. The error itself is returned to the caller that handled the redirect. */
  failed(error: unknown): void {
    const code = error instanceof SwitchyardError ? error.code : 'INTERNAL';
    recordLogin(code === 'LOGIN_EXPIRED' ? 'expired' : 'failed');
  }

  /** Reports a login that was lost because the issuer refuses to refresh it. */
  lost({ target, login }: OAuthCredentials): void {
    const { connectorId } = target;
    const issuer = login?.key.issuer;
    const reason = login?.lostBecause ?? 'unknown';
    recordLogin('lost');
    const message = `The login of ${connectorId} at ${issuer} is lost (${reason}): log in again`;
    this.#logger.warn({ event: 'login-lost', connectorId, issuer, reason }, message);
  }

  /** Forgets the logged reasons of a connector that has a login again, so that a later refusal is logged. */
  regained({ target }: OAuthCredentials): void {
    this.#said.delete(target.connectorId);
  }

  loggedOut({ connectorId }: LoginTarget, issuer: string | null): void {
    recordLogin('logged-out');
    this.#logger.info({ event: 'logout', connectorId, issuer }, `Logged out of ${connectorId}`);
  }
}
