import { isErrorCode, SwitchyardError } from '../../../../shared/errors.ts';
import { commandOf } from '../../../connectors/connection/local-entry.ts';
import type { ConnectorStatus } from '../../../connectors/connector-status.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { misuse } from '../../flags/option-values.ts';
import type { SourceOptions } from '../../source-options.ts';
import { DEFAULT_WAIT_MS, type StartUp } from '../../start-up.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureLine, failureOf, print, printable, say } from '../../terminal/output.ts';
import { assertKeepsLogins, settingsOf, withLogins } from './auth-manager.ts';
import { type LoginWay, logIn } from './log-in.ts';
import { noBrowserBecause } from './open-browser.ts';
import { readLines } from './read-redirect.ts';

export interface LoginOptions extends SourceOptions {
  /** Whether a browser may be opened: false with `--no-browser`. */
  readonly browser: boolean;
  /** Whether to log in again even if there is a valid login. */
  readonly force: boolean;
  readonly loginTimeout: number;
}

/** Outcome of the command for one connector. */
interface LoginResult {
  readonly connectorId: string;
  readonly ok: boolean;
  /**
   * - `logged-in`: this command logged in to the connector
   * - `already`: the connector has a valid login
   * - `by-itself`: the connector logs in without a person (client credentials)
   * - `not-wanted`: the connector is up without a login
   * - `failed`: the login failed, or the connector cannot be reached
   */
  readonly outcome: 'logged-in' | 'already' | 'by-itself' | 'not-wanted' | 'failed';
  readonly issuer: string | null;
  readonly scope: string | null;
  readonly toolCount: number;
  readonly error: Failure | null;
}

/**
 * Logs in to one connector or, without `connector`, to each connector that needs a login, one after the other. A failed
 * login does not stop the other logins. Resolves with the exit code: 0 if no login failed. Rejects with OPTIONS_INVALID
 * without a state folder, and with CONNECTOR_UNKNOWN for an unknown connector.
 */
export async function runAuthLogin(connector: string | undefined, options: LoginOptions): Promise<number> {
  assertKeepsLogins(options);
  return await withLogins(connector, options, async (manager, startUp, ended) => {
    const because = options.browser ? noBrowserBecause() : 'as --no-browser says';
    // If standard input is not a terminal, lines are read from it only with `--no-browser`.
    const reads = because !== null && (!options.browser || process.stdin.isTTY === true);
    using lines = reads ? readLines(process.stdin, process.stderr) : null;
    const way: LoginWay = {
      noBrowserBecause: because,
      lines,
      loginTimeoutMs: options.loginTimeout,
      upTimeoutMs: options.wait ?? DEFAULT_WAIT_MS,
    };
    const attempt: Attempt = { manager, startUp, way, isForced: options.force, ended };
    const results: LoginResult[] = [];
    for (const id of connector === undefined ? await needingLogin(attempt) : [connector]) {
      const result = await loginResult(attempt, id, connector !== undefined);
      results.push(result);
      if (!options.json) tellResult(result);
      if (result.error !== null) say(`mcp-switchyard: ${printable(id)}: ${failureLine(result.error)}`);
    }
    const failure = results.find(({ error }) => error !== null)?.error ?? null;
    if (options.json) answerJson({ connectors: results }, failure);
    else if (results.length === 0) print('No connector needs a login.\n');
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

interface Attempt {
  readonly manager: ConnectorProxyManager;
  readonly startUp: StartUp;
  readonly way: LoginWay;
  readonly isForced: boolean;
  readonly ended: AbortSignal;
}

/**
 * Waits until all connectors that may need a login have tried to connect. Returns the ids of the connectors that need a
 * login or have a login error. With `--force`, also returns the ids of the connectors that have a login.
 */
async function needingLogin({ manager, startUp, isForced }: Attempt): Promise<readonly string[]> {
  const ids = manager
    .listConnectors()
    .filter((entry) => entry.status === 'enabled' && commandOf(entry) === null)
    .map(({ id }) => id);
  await Promise.all(ids.map((id) => startUp.settled(id)));
  const logins = isForced ? (await manager.logins()).map(({ connectorId }) => connectorId) : [];
  return ids.filter((id) => {
    const status = manager.connector(id)?.status;
    if (status == null) return false;
    if (status.state === 'backing-off') say(`${printable(id)} cannot be reached: ${printable(whyNotUp(status))}`);
    return status.state === 'needs-login' || logins.includes(id) || isLoginFault(status);
  });
}

/**
 * Whether a connector failed with a `LOGIN_…` error. Such a connector does not ask for a login, because a new login may
 * not help. The command reports it nevertheless.
 */
function isLoginFault({ state, lastError }: ConnectorStatus): boolean {
  return state === 'failed' && lastError?.code.startsWith('LOGIN_') === true;
}

async function loginResult(attempt: Attempt, connectorId: string, isNamed: boolean): Promise<LoginResult> {
  const { manager, ended } = attempt;
  try {
    const outcome = await outcomeOf(attempt, connectorId, isNamed);
    const login = (await manager.logins()).find((known) => known.connectorId === connectorId);
    const toolCount = manager.connector(connectorId)?.status?.toolCount ?? 0;
    const { issuer = null, scope = null } = login ?? {};
    return { connectorId, ok: true, outcome, issuer, scope, toolCount, error: null };
  } catch (error) {
    // If the command was interrupted, all remaining logins are skipped too.
    ended.throwIfAborted();
    const failed = { connectorId, ok: false, outcome: 'failed', issuer: null, scope: null, toolCount: 0 } as const;
    return { ...failed, error: failureOf(error) };
  }
}

/** Logs in to a connector if that is necessary or forced, and returns the outcome. */
async function outcomeOf(attempt: Attempt, connectorId: string, isNamed: boolean): Promise<LoginResult['outcome']> {
  const { manager, startUp, way, isForced, ended } = attempt;
  const entry = manager.connector(connectorId)?.entry;
  const id = printable(connectorId);
  if (entry?.status === 'disabled') throw misuse(`The connector ${id} is disabled in its entry, so it has no login`);
  if (entry !== undefined && commandOf(entry) !== null)
    throw misuse(`The connector ${id} is a stdio server, and stdio servers have no logins`);
  if (isNamed) await startUp.settled(connectorId);
  const status = manager.connector(connectorId)?.status;
  const isUp = status?.state === 'ready' || status?.state === 'degraded';
  if (isUp && settingsOf(manager, connectorId)?.grant === 'client_credentials') return 'by-itself';
  if (isUp && !isForced) {
    const login = (await manager.logins()).find((known) => known.connectorId === connectorId);
    if (login === undefined) return 'not-wanted';
    if (login.state === 'logged-in' && login.missingScope === null) return 'already';
  }
  if (!isForced && !isUp && status != null && status.state !== 'needs-login') throw errorOf(status);
  await logIn(manager, connectorId, way, ended);
  return 'logged-in';
}

/** Returns the last error of a connector that is down, or else an error with the reason for its state. */
function errorOf({ id, state, lastError, why }: ConnectorStatus): SwitchyardError {
  const detail = { connectorId: id };
  return lastError !== null && isErrorCode(lastError.code)
    ? new SwitchyardError(lastError.code, lastError.message, { detail })
    : new SwitchyardError('CONNECTOR_UNAVAILABLE', `${id} is ${state}: ${why}`, { detail });
}

function whyNotUp({ lastError, why }: ConnectorStatus): string {
  return lastError === null ? why : `${lastError.code}: ${lastError.message}`;
}

/** Prints the outcome for a connector as one line to stdout. Prints nothing for a failed login. */
function tellResult({ connectorId, outcome, issuer, toolCount }: LoginResult): void {
  const id = printable(connectorId);
  const at = issuer === null ? '' : ` at ${printable(issuer)}`;
  const tools = `${toolCount} ${toolCount === 1 ? 'tool' : 'tools'}`;
  if (outcome === 'logged-in') print(`${id}: logged in${at}; it is up and has ${tools}\n`);
  if (outcome === 'already') print(`${id}: already logged in${at}; it is up and has ${tools}. --force logs in again\n`);
  if (outcome === 'by-itself')
    print(`${id}: logs in automatically${at} (client credentials); it is up and has ${tools}\n`);
  if (outcome === 'not-wanted') print(`${id}: is up without a login and has ${tools}. --force logs in anyway\n`);
}
