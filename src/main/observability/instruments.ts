import type { Registry } from 'prom-client';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { CounterEntry, GaugeEntry, HistogramEntry } from './instrument-entry.ts';
import { INSTRUMENTS, MAX_CONNECTOR_LABELS } from './instrument-table.ts';
import { createRegistry } from './metrics/create-registry.ts';
import { RecordedHistogram } from './metrics/recorded-histogram.ts';
import { RecordedValues } from './metrics/recorded-values.ts';

const CALL_OUTCOMES = ['ok', 'tool-error', 'error'] as const;

/**
 * All metrics whose values are recorded as they change, in the order in which the registry shows them. All other gauges
 * are computed at each scrape.
 */
const recorded: (RecordedValues | RecordedHistogram)[] = [];

const valuesOf = (entry: CounterEntry | GaugeEntry): RecordedValues => {
  const values = new RecordedValues(entry);
  recorded.push(values);
  return values;
};
const histogramOf = (entry: HistogramEntry): RecordedHistogram => {
  const histogram = new RecordedHistogram(entry);
  recorded.push(histogram);
  return histogram;
};

/** The same gauge under two names: its current name and its former name. */
const ups = [valuesOf(INSTRUMENTS.connectorUp), valuesOf(INSTRUMENTS.proxyUp)];
const transitions = valuesOf(INSTRUMENTS.transitions);
const strayMessages = valuesOf(INSTRUMENTS.strayMessages);
const droppedDefinitions = valuesOf(INSTRUMENTS.droppedDefinitions);
const toolChanges = valuesOf(INSTRUMENTS.toolChanges);
const registryFlush = histogramOf(INSTRUMENTS.registryFlush);
const registryCommit = histogramOf(INSTRUMENTS.registryCommit);
const registryBatch = histogramOf(INSTRUMENTS.registryBatch);
const registryCommitted = valuesOf(INSTRUMENTS.registryCommitted);
const connectorFailures = valuesOf(INSTRUMENTS.connectorFailures);
const loginOutcomes = valuesOf(INSTRUMENTS.loginOutcomes);
const loginRefreshes = valuesOf(INSTRUMENTS.loginRefreshes);
const syncDuration = histogramOf(INSTRUMENTS.syncDuration);
const callDuration = histogramOf(INSTRUMENTS.callDuration);
const gatewayRequests = histogramOf(INSTRUMENTS.gatewayRequests);
const gatewayRefused = valuesOf(INSTRUMENTS.gatewayRefused);
const loadDuration = histogramOf(INSTRUMENTS.loadDuration);
const refreshes = valuesOf(INSTRUMENTS.refreshes);
const alarms = valuesOf(INSTRUMENTS.alarms);
const fleetFallback = valuesOf(INSTRUMENTS.fleetFallback);
const fleetAudits = valuesOf(INSTRUMENTS.fleetAudits);
const threadsLost = valuesOf(INSTRUMENTS.threadsLost);
const fleetRefused = valuesOf(INSTRUMENTS.fleetRefused);
const fleetPermits = valuesOf(INSTRUMENTS.fleetPermits);

const OWN_LABELS = { component: 'mcp-connectors' };
let defaultLabels: Readonly<Record<string, string>> = OWN_LABELS;
let registry: Registry | null = null;

/**
 * The connector ids that have their own label value. For each, the number of managers in the process that have a
 * connector with this id.
 */
const labelled = new Map<string, number>();

/**
 * Returns the prom-client registry with all metrics of this package and the default metrics of Node. The first call
 * loads prom-client. Throws MODULE_NOT_LOADED if prom-client cannot be loaded.
 */
export function getConnectorMetricsRegistry(): Registry {
  registry ??= createRegistry(recorded, defaultLabels);
  return registry;
}

/** Adds the label `brand` of the replaced product to all metrics of this process (option `compat`). */
export function useReplacedNames(): void {
  defaultLabels = { brand: 'brAInwav', ...OWN_LABELS };
  registry?.setDefaultLabels(defaultLabels);
}

/** Gives a new connector its own label value, unless {@link MAX_CONNECTOR_LABELS} connectors have one already. */
export function rememberConnector(connectorId: string): void {
  const count = labelled.get(connectorId) ?? 0;
  if (count === 0 && labelled.size >= MAX_CONNECTOR_LABELS) return;
  labelled.set(connectorId, count + 1);
  if (count === 0) for (const up of ups) up.set(0, connectorId);
}

/**
 * Records whether a connector is connected. Connectors without their own label value are skipped: a gauge that they
 * share would only show the connector that was recorded last.
 */
export function recordUp(connectorId: string, isUp: boolean): void {
  if (labelled.has(connectorId)) for (const up of ups) up.set(isUp ? 1 : 0, connectorId);
}

/** Records a state change of a connector. If a failure caused the change, also records the code of the failure. */
export function recordTransition(
  { from, to }: { readonly from: string; readonly to: string },
  failureCode: string | null,
): void {
  transitions.add(1, from, to);
  if (failureCode !== null) connectorFailures.add(1, failureCode);
}

/** Records a response from a server for which no request was waiting. */
export function recordStray(): void {
  strayMessages.add(1);
}

/** Removes the label value of a removed connector, unless another manager still has a connector with this id. */
export function forgetConnector(connectorId: string): void {
  const count = labelled.get(connectorId) ?? 0;
  if (count > 1) labelled.set(connectorId, count - 1);
  if (count !== 1) return;
  labelled.delete(connectorId);
  for (const up of ups) up.remove(connectorId);
  for (const outcome of CALL_OUTCOMES) callDuration.remove(connectorId, outcome);
}

/** Records the outcome of a login. */
export function recordLogin(outcome: 'done' | 'failed' | 'expired' | 'lost' | 'logged-out'): void {
  loginOutcomes.add(1, outcome);
}

/** Records the outcome of a token refresh. */
export function recordLoginRefresh(outcome: 'refreshed' | 'shared' | 'failed' | 'lost'): void {
  loginRefreshes.add(1, outcome);
}

export function recordSync(durationMs: number, outcome: 'ok' | 'error'): void {
  syncDuration.observe(durationMs / 1000, outcome);
}

export function recordLoad(report: LoadReport, outcome: 'loaded' | 'unchanged' | 'failed'): void {
  const thread = report.thread === 'main' ? 'main' : 'worker';
  for (const [phase, durationMs] of Object.entries(report.phases))
    loadDuration.observe(durationMs / 1000, phase, outcome, thread);
}

export function recordRefresh(outcome: 'loaded' | 'unchanged' | 'failed', code: string | null): void {
  refreshes.add(1, outcome, code ?? 'none');
}

export function recordAlarm(code: string): void {
  alarms.add(1, code);
}

/**
 * Records that a host in a fleet fetched a service map from its source, although the fleet should have provided the
 * map.
 */
export function recordFleetFallback(reason: 'guard' | 'refused' | 'alone'): void {
  fleetFallback.add(1, reason);
}

/** Records the result of an audit, which compares a map from its source with the same map from the fleet. */
export function recordFleetAudit(result: 'same' | 'different' | 'failed'): void {
  fleetAudits.add(1, result);
}

export function recordThreadLost(): void {
  threadsLost.add(1);
}

export function recordCall(connectorId: string, durationMs: number, outcome: (typeof CALL_OUTCOMES)[number]): void {
  // If the connector was removed during the call, its label value must not be created again.
  const connector = labelled.has(connectorId) ? connectorId : 'other';
  callDuration.observe(durationMs / 1000, connector, outcome);
}

/** Records a request of a gateway client. */
export function recordGatewayRequest(method: string, outcome: 'ok' | 'error', durationMs: number): void {
  gatewayRequests.observe(durationMs / 1000, method, outcome);
}

/** Records an HTTP request that the gateway refused. */
export function recordGatewayRefusal(status: number): void {
  gatewayRefused.add(1, String(status));
}

/**
 * Records definitions that were left out of a list. `kind` and `reason` are the values that mcp/definitions defines.
 */
export function recordDroppedDefinitions(kind: string, reason: string, count: number): void {
  droppedDefinitions.add(count, kind, reason);
}

/** Records that a tool differs from its pinned or approved definition. */
export function recordToolChange(policy: string): void {
  toolChanges.add(1, policy);
}

export function recordRegistryFlush(durationMs: number, outcome: 'ok' | 'error'): void {
  registryFlush.observe(durationMs / 1000, outcome);
}

/** Records a commit of the registry, with its duration and its number of changes. */
export function recordRegistryCommit(durationMs: number, changes: number, outcome: 'ok' | 'error'): void {
  registryCommit.observe(durationMs / 1000, outcome);
  registryBatch.observe(changes);
  registryCommitted.add(changes, outcome);
}

const FLEET_RECORDS: ReadonlySet<string> = new Set(['map', 'host', 'session', 'login', 'pin', 'tool', 'quota', 'hop']);

/** Records that a record of the fleet failed its checks, or that the Redis server refused a command. */
export function recordFleetRefusal(kind: string): void {
  fleetRefused.add(1, FLEET_RECORDS.has(kind) ? kind : 'other');
}

/** Records how many quota permits the fleet granted and refused for one request. */
export function recordFleetPermits(granted: number, refused: number): void {
  fleetPermits.add(granted, 'granted');
  fleetPermits.add(refused, 'refused');
}
