import { systemClock } from '../../../../shared/clock.ts';
import type { LoginSummary } from '../../../connectors/credentials/logins/login-service.ts';
import { fleetOf } from '../../../manager/parts-of.ts';
import type { SourceOptions } from '../../source-options.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureFrom, print, printable, say } from '../../terminal/output.ts';
import { loginCommand } from '../../terminal/own-command.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { assertKeepsLogins, withLogins } from './auth-manager.ts';

const OWN_LOGINS =
  'These are the logins of this replica: each replica of the fleet needs its own. `--fleet-logins shared` shares them.';

/** What the column `state` shows. */
const STATES = { 'logged-in': 'logged in', none: 'not logged in', lost: 'lost' } as const;

/**
 * Shows the stored logins. Connects to the server of the map, but to no connector. Resolves with the exit code: 1 if a
 * login is missing.
 */
export function runAuthStatus(connector: string | undefined, options: SourceOptions): Promise<number> {
  assertKeepsLogins(options);
  return withLogins(connector, options, async (manager) => {
    const known = await manager.logins();
    const logins = known.filter(({ connectorId }) => connector === undefined || connectorId === connector);
    const missing = logins.filter(({ state, missingScope }) => state !== 'logged-in' || missingScope !== null);
    const failure = missingFailure(missing);
    if (fleetOf(manager)?.sharesLogins === false) say(OWN_LOGINS);
    if (options.json) answerJson({ connectors: logins }, failure);
    else print(logins.length === 0 ? nothingKnown(connector) : loginTable(logins, systemClock.now()));
    for (const login of missing)
      say(`${printable(login.connectorId)}: ${whyMissing(login)}. Log in with: ${loginCommand(login.connectorId)}`);
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

/** Returns one failure for all missing logins; null if no login is missing. */
function missingFailure(missing: readonly LoginSummary[]): Failure | null {
  const [first, ...others] = missing;
  if (first === undefined) return null;
  const message = missing.map((login) => `${printable(login.connectorId)}: ${whyMissing(login)}`).join('; ');
  return failureFrom(
    { code: 'CONNECTOR_LOGIN_NEEDED', message },
    others.length === 0 ? { connectorId: first.connectorId } : {},
  );
}

function whyMissing({ state, reason, missingScope }: LoginSummary): string {
  if (state === 'none') return 'not logged in';
  if (state === 'lost') return `the login was lost: ${printable(reason ?? 'the issuer refused it')}`;
  return `a tool needs more scopes: ${printable(missingScope ?? '')}`;
}

/** Renders the logins as a table, one per row. */
export function loginTable(logins: readonly LoginSummary[], nowMs: number): string {
  const rows = logins.map((login) => [
    login.connectorId,
    STATES[login.state],
    login.issuer ?? '',
    login.scope ?? '',
    expiryText(login, nowMs),
    renewalText(login),
  ]);
  return renderTable(['connector', 'state', 'issuer', 'scopes', 'expires', 'then'], rows);
}

function expiryText({ state, expiresAt }: LoginSummary, nowMs: number): string {
  if (state !== 'logged-in') return '';
  return expiresAt === null ? 'not known' : relativeTime(expiresAt, nowMs);
}

function renewalText({ state, isRefreshable }: LoginSummary): string {
  if (state !== 'logged-in') return '';
  return isRefreshable ? 'renewed automatically' : 'log in again';
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** Formats an instant relative to now: "in 42 min" or "3 h ago". */
export function relativeTime(instantMs: number, nowMs: number): string {
  const distanceMs = Math.abs(instantMs - nowMs);
  const [unit, unitMs] = UNITS.find(([, ms]) => distanceMs >= ms) ?? (['s', 1_000] as const);
  const text = `${Math.floor(distanceMs / unitMs)} ${unit}`;
  return instantMs >= nowMs ? `in ${text}` : `${text} ago`;
}

function nothingKnown(connector: string | undefined): string {
  const kept = connector === undefined ? 'No logins are stored' : `No login of ${printable(connector)} is stored`;
  return `${kept}. To find out whether one is needed, and to log in: ${loginCommand(connector)}\n`;
}
