import type { ListedConnector } from '../../../manager/manager-status.ts';
import { printable } from '../../terminal/output.ts';
import { isoOf } from '../sync.ts';

/**
 * Returns lines about logins: how many connectors are logged in, and the expiry of each login that cannot be refreshed.
 */
export function loginLines(connectors: readonly ListedConnector[]): string[] {
  const logins = connectors.flatMap(({ login, state }) => (login === null || state === 'disabled' ? [] : [login]));
  if (logins.length === 0) return [];
  const present = logins.filter(({ state }) => state === 'logged-in');
  const ending = present.flatMap(({ connectorId, expiresAt, isRefreshable }) =>
    isRefreshable || expiresAt === null
      ? []
      : [`${printable(connectorId)} is logged in until ${isoOf(expiresAt)}, and cannot be refreshed`],
  );
  return [`${present.length} of ${logins.length} logged in`, ...ending];
}
