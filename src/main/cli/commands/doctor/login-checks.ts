import type { ListedConnector } from '../../../manager/manager-status.ts';
import { needsLogin } from '../../start-up.ts';
import { loginCommand, withOwnCommand } from '../../terminal/own-command.ts';
import { isoOf } from '../sync.ts';
import type { Finding } from './checks.ts';

/** Reports which connectors need a login, and when the existing logins end. Skips connectors that use no login. */
export function checkLogins(connectors: readonly ListedConnector[]): Finding[] {
  return connectors.flatMap((connector) => {
    if (needsLogin(connector)) return [missing(connector)];
    return connector.state !== 'disabled' && connector.login?.state === 'logged-in' ? [present(connector)] : [];
  });
}

function missing({ id, lastError, why, login }: ListedConnector): Finding {
  const lost = login?.state === 'lost' && login.reason !== null ? ` It was logged in before: ${login.reason}` : '';
  return { check: 'login', outcome: 'failed', message: `${id}: ${withOwnCommand(lastError?.message ?? why)}${lost}` };
}

/** Reports an existing login. If the login cannot be refreshed, the finding says when to log in again. */
function present({ id, login }: ListedConnector): Finding {
  const where = `${id}: logged in at ${login?.issuer ?? 'an unknown issuer'}`;
  const expiresAt = login?.expiresAt ?? null;
  if (login?.isRefreshable === true)
    return { check: 'login', outcome: 'ok', message: `${where}, and the login is refreshed automatically` };
  if (expiresAt === null)
    return { check: 'login', outcome: 'ok', message: `${where}; it is not known when the login ends` };
  const again = `run \`${loginCommand(id)}\` before that`;
  return {
    check: 'login',
    outcome: 'note',
    message: `${where} until ${isoOf(expiresAt)}; it cannot be refreshed, so ${again}`,
  };
}
