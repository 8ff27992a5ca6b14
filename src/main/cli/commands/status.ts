import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { ListedConnector, ManagerStatus } from '../../manager/manager-status.ts';
import { DROP_REASONS } from '../../mcp/definitions/definition.ts';
import { type SourceOptions, withManager } from '../source-options.ts';
import { answerJson } from '../terminal/json-document.ts';
import { counted, EXIT, print, printable } from '../terminal/output.ts';
import { fleetLines } from './status/fleet-lines.ts';
import { loginLines } from './status/login-lines.ts';
import { trustLines } from './status/trust-lines.ts';
import { connectorTable, failureIn, isoOf, sayNotUp } from './sync.ts';

/** Maximum number of stderr lines that are shown for a server. */
const STDERR_LINES = 20;

/** Maximum number of left-out definitions that are listed for a connector. */
const DROPPED_SHOWN = 20;

/** Maximum number of left-out map entries that are listed. */
const UNUSABLE_SHOWN = 20;

/**
 * Shows the status of the map, the store and the connectors. If the map cannot be fetched, this is shown as part of the
 * status. Resolves with the exit code: 0 if the map is fresh and all connectors are up.
 */
export function runStatus(options: SourceOptions): Promise<number> {
  return withManager(options, async (manager, startUp) => {
    const thrown = await manager.sync().then(
      () => null,
      (error: unknown) => error,
    );
    await startUp.settled();
    const status = manager.status();
    // If there is neither a map nor any other connector, only the error can be reported.
    if (thrown !== null && status.serviceMap.freshness === 'none' && status.connectors.length === 0) throw thrown;
    const failure = failureIn(status);
    if (options.json) answerJson({ ...status }, failure);
    else print(statusText(status));
    sayNotUp(status.connectors);
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

function statusText(status: ManagerStatus): string {
  const { connectors, toolCount, store, fleet } = status;
  const lines = [
    ...mapLines(status),
    ...configLines(status),
    ...registryLines(status),
    `store      ${storeText(store)}`,
    ...fleetLines(fleet),
    ...loginLines(connectors).map((line, index) => `${index === 0 ? 'logins' : '      '}     ${line}`),
    `tools      ${toolCount}`,
    ...toolLines(status),
    ...connectors.flatMap(droppedLines),
  ];
  return `${lines.join('\n')}\n\n${connectorTable(connectors)}${connectors.map(processText).join('')}`;
}

function storeText(store: ManagerStatus['store']): string {
  if (store.kind === 'off') return 'none';
  return `${store.kind}, ${store.stateDir}`;
}

/** Returns lines about tools that are remembered from an earlier run, differ from their pin, or are held back. */
function toolLines({ staleTools, changedTools, heldBackTools }: ManagerStatus): string[] {
  const { connectorCount, toolCount, oldestListedAt } = staleTools;
  const stale =
    `${counted(toolCount, 'tool')} of ${counted(connectorCount, 'connector')} remembered from an earlier run, ` +
    `the oldest from ${isoOf(oldestListedAt)}`;
  const changed = changedTools.map(
    ({ name, members, pinnedAt, isQuarantined }) =>
      `${printable(name)} has changed since ${isoOf(pinnedAt)}: ` +
      `${members.join(', ')}${isQuarantined ? '; unlisted' : ''}`,
  );
  const held = heldBackTools.map(
    ({ name, digest }) => `${printable(name)} is held back: the signed map approves a definition other than ${digest}`,
  );
  return [...(toolCount === 0 ? [] : [stale]), ...changed, ...held].map((line) => `           ${line}`);
}

/** Returns lines about definitions of a connector that a gateway leaves out, with the reason for each. */
function droppedLines({ id, droppedDefinitions, droppedDefinitionCount }: ListedConnector): string[] {
  const shown = droppedDefinitions.slice(0, DROPPED_SHOWN);
  const lines = shown.map(
    ({ kind, name, reason }) => `${kind} ${printable(name)} of ${printable(id)} is left out: ${DROP_REASONS[reason]}`,
  );
  const rest = droppedDefinitionCount - shown.length;
  return [...lines, ...(rest > 0 ? [`${rest} more of ${printable(id)} are left out`] : [])].map(
    (line) => `           ${line}`,
  );
}

function mapLines({ serviceMap }: ManagerStatus): string[] {
  const { url, id, brand, freshness, circuit, lastError, heldRemovals, signedBy } = serviceMap;
  const times = `generated ${isoOf(serviceMap.generatedAt)}, expires ${isoOf(serviceMap.expiresAt)}`;
  if (url === null) return [];
  const verified = signedBy === null ? '' : ', signature verified';
  return [
    `map        ${url}`,
    `           ${printable(id ?? '')}, brand ${printable(brand ?? '')}${verified}`,
    `           ${freshness}; ${times}; circuit ${circuit}`,
    ...trustLines(serviceMap).map((line) => `           ${line}`),
    ...(lastError === null
      ? []
      : [`           last refresh failed: ${lastError.code}: ${printable(lastError.message)}`]),
    ...(heldRemovals.length === 0
      ? []
      : [`           ${counted(heldRemovals.length, 'connector')} are missing from the newest map and kept for now`]),
    ...unusableLines(serviceMap),
  ];
}

/** Returns lines about entries of the map that this version cannot use. */
function unusableLines({ unusableEntries, unusableEntryCount }: ManagerStatus['serviceMap']): string[] {
  const shown = unusableEntries.slice(0, UNUSABLE_SHOWN);
  const rest = unusableEntryCount - shown.length;
  const lines = shown.map(({ id, reason }) => `${printable(id)} is left out: ${printable(reason)}`);
  return [...lines, ...(rest > 0 ? [`${rest} more are left out`] : [])].map((line) => `           ${line}`);
}

function configLines({ config }: ManagerStatus): string[] {
  if (config === null) return [];
  const { path, serverCount, problems, lastError } = config;
  return [
    `config     ${printable(path)}, ${counted(serverCount, 'server')}`,
    ...(lastError === null ? [] : [`           ${lastError.code}: ${printable(lastError.message)}`]),
    ...problems.map(({ line, column, message }) => `           ${line}:${column} ${printable(message)}`),
  ];
}

function registryLines({ registry }: ManagerStatus): string[] {
  if (registry === null) return [];
  const { path, serverCount, problems, lastError } = registry;
  return [
    `registry   ${printable(path)}, ${counted(serverCount, 'server')}`,
    ...(lastError === null ? [] : [`           ${lastError.code}: ${printable(lastError.message)}`]),
    ...problems.map(({ code, message }) => `           ${code}: ${printable(message)}`),
  ];
}

/** Returns the last stderr lines of a stdio server whose connector is not ready. */
function processText({ id, state, process }: ConnectorStatus): string {
  if (process === null || process.stderr === '' || state === 'ready' || state === 'disabled') return '';
  const lines = process.stderr.trimEnd().split('\n').slice(-STDERR_LINES);
  return `\nstderr of ${id}\n${lines.map((line) => `  ${printable(line)}\n`).join('')}`;
}
