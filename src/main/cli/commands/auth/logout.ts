import type { LoginSummary } from '../../../connectors/credentials/logins/login-service.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { misuse } from '../../flags/option-values.ts';
import type { SourceOptions } from '../../source-options.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureLine, failureOf, print, printable, say } from '../../terminal/output.ts';
import { assertKeepsLogins, withLogins } from './auth-manager.ts';

export interface LogoutOptions extends SourceOptions {
  /** Whether to log out of every connector that has a login. */
  readonly all: boolean;
}

interface LoggedOut {
  readonly connectorId: string;
  readonly ok: boolean;
  /** Whether the connector had a login. */
  readonly wasLoggedIn: boolean;
  readonly issuer: string | null;
  readonly error: Failure | null;
}

/**
 * Logs out of one connector, or of all connectors. A failure does not stop the other logouts. Resolves with the exit
 * code. Rejects with OPTIONS_INVALID unless exactly one of `connector` and `all` is given.
 */
export async function runAuthLogout(connector: string | undefined, options: LogoutOptions): Promise<number> {
  if (options.all === (connector !== undefined)) throw misuse('Give either the id of a connector or --all');
  assertKeepsLogins(options);
  return await withLogins(connector, options, async (manager) => {
    const logins = await manager.logins();
    const ids = connector === undefined ? logins.filter(hasLogin).map((login) => login.connectorId) : [connector];
    const results: LoggedOut[] = [];
    for (const id of ids) {
      const issuer = logins.find(({ connectorId }) => connectorId === id)?.issuer ?? null;
      results.push(await logOut(manager, id, issuer));
    }
    const failure = results.find(({ error }) => error !== null)?.error ?? null;
    if (options.json) answerJson({ connectors: results }, failure);
    else print(results.length === 0 ? 'There is no login.\n' : results.map(resultLine).join(''));
    for (const { connectorId, error } of results)
      if (error !== null) say(`mcp-switchyard: ${printable(connectorId)}: ${failureLine(error)}`);
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

function hasLogin({ state }: LoginSummary): boolean {
  return state !== 'none';
}

async function logOut(manager: ConnectorProxyManager, connectorId: string, issuer: string | null): Promise<LoggedOut> {
  try {
    return { connectorId, ok: true, wasLoggedIn: await manager.logout(connectorId), issuer, error: null };
  } catch (error) {
    return { connectorId, ok: false, wasLoggedIn: true, issuer, error: failureOf(error) };
  }
}

function resultLine({ connectorId, ok, wasLoggedIn, issuer }: LoggedOut): string {
  if (!ok) return '';
  const id = printable(connectorId);
  if (!wasLoggedIn) return `${id}: there was no login\n`;
  const where = issuer === null ? 'the issuer' : printable(issuer);
  return `${id}: logged out. The tokens are deleted here, and revoked at ${where} if it supports that.\n`;
}
