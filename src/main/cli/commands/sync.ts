import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { ManagerStatus } from '../../manager/manager-status.ts';
import { type SourceOptions, withManager } from '../source-options.ts';
import { loginLine, needsLogin, notUpFailure, notUpLine } from '../start-up.ts';
import { answerJson } from '../terminal/json-document.ts';
import { counted, EXIT, type Failure, failureFrom, print, printable, say } from '../terminal/output.ts';
import { withOwnCommand, withoutLoginCommand } from '../terminal/own-command.ts';
import { renderTable } from '../terminal/render-table.ts';

/**
 * Reads all sources, starts the connectors, and shows the state of each connector. Resolves with the exit code: 0 if
 * the map is fresh and all connectors are up.
 */
export function runSync(options: SourceOptions): Promise<number> {
  return withManager(options, async (manager, startUp) => {
    await manager.sync(true);
    await startUp.settled();
    const status = manager.status();
    const failure = failureIn(status);
    if (options.json) answerJson({ ...status }, failure);
    else print(`${connectorTable(status.connectors)}\n${summaryLine(status)}\n`);
    sayNotUp(status.connectors);
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

/**
 * Returns the first failure of a status: a map that is not fresh, an error of the local file or the registry, or
 * connectors that are not up. Returns null if there is no failure.
 */
export function failureIn({ serviceMap, config, registry, connectors }: ManagerStatus): Failure | null {
  const problem =
    serviceMap.url === null || serviceMap.freshness === 'fresh'
      ? (configError(config) ?? registry?.lastError ?? registry?.problems[0])
      : (serviceMap.lastError ?? { code: 'MAP_EXPIRED', message: `The service map is ${serviceMap.freshness}.` });
  return problem === undefined ? notUpFailure(connectors) : failureFrom(problem);
}

function configError(config: ManagerStatus['config']): { readonly code: string; readonly message: string } | null {
  if (config === null) return null;
  const error = config.problems.find(({ severity }) => severity === 'error');
  if (config.lastError !== null || error === undefined) return config.lastError;
  const { source, line, column, message } = error;
  return { code: 'CONFIG_INVALID', message: `${source}:${line}:${column} ${message}` };
}

/** Prints to stderr which connectors are not up, and how to log in if a connector needs a login. */
export function sayNotUp(connectors: readonly ConnectorStatus[]): void {
  for (const line of [notUpLine(connectors), loginLine(connectors)]) if (line !== null) say(printable(line));
}

/** Formats the connectors as a table, one per row. */
export function connectorTable(connectors: readonly ConnectorStatus[]): string {
  const rows = connectors.map((connector) => {
    const { id, state, era, transport, toolCount, handshakeMs, lastError, why } = connector;
    const message = withOwnCommand(withoutLoginCommand(lastError?.message ?? ''));
    const remark = lastError === null ? (isUp(connector) ? '' : why) : `${lastError.code}: ${message}`;
    return [id, state, era ?? '', transport ?? '', String(toolCount), handshakeMs?.toFixed(0) ?? '', remark];
  });
  return renderTable(['connector', 'state', 'era', 'transport', 'tools', 'ms', ''], rows);
}

function isUp({ state }: ConnectorStatus): boolean {
  return state === 'ready' || state === 'degraded';
}

function summaryLine({ connectors, toolCount, serviceMap }: ManagerStatus): string {
  const enabled = connectors.filter(({ state }) => state !== 'disabled');
  const up = enabled.filter(isUp).length;
  const waiting = enabled.filter(needsLogin).length;
  const logins = waiting === 0 ? '' : `, ${waiting} waiting for a login`;
  const { url, freshness, expiresAt } = serviceMap;
  const map = url === null ? '' : `; map ${freshness}, expires ${isoOf(expiresAt)}`;
  return `${up} of ${counted(enabled.length, 'connector')} up${logins}, ${counted(toolCount, 'tool')}${map}`;
}

/** Formats an instant in ISO 8601; `never` for null. */
export function isoOf(epochMs: number | null): string {
  return epochMs === null ? 'never' : new Date(epochMs).toISOString();
}
