import type { Registry } from 'prom-client';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { CounterEntry, GaugeEntry, HistogramEntry } from './instrument-entry.ts';
import { INSTRUMENTS, MAX_CONNECTOR_LABELS } from './instrument-table.ts';
import { createRegistry } from './metrics/create-registry.ts';
import { RecordedHistogram } from './metrics/recorded-histogram.ts';
import { RecordedValues } from './metrics/recorded-values.ts';

const CALL_OUTCOMES = ['ok', 'tool-error', 'error'] as const;

/** Every instrument that records, in the order in which the registry shows them. */
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

/** One gauge under its name and under its old one. */
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

/** Connectors with a label of their own, and how many managers of the process have one of that id. */
const labelled = new Map<string, number>();

/**
 * The registry that holds every metric of this package, with Node's default metrics beside them. The first call loads
 * prom-client. Throws MODULE_NOT_LOADED where that fails.
 */
export function getConnectorMetricsRegistry(): Registry {
  registry ??= createRegistry(recorded, defaultLabels);
  return registry;
}

/** Gives every metric of this process the label `brand` of the replaced product: the option `compat`. */
export function useReplacedNames(): void {
  defaultLabels = { brand: 'brAInwav', ...OWN_LABELS };
  registry?.setDefaultLabels(defaultLabels);
}

/** Gives a new connector a label of its own, while there are some. */
export function rememberConnector(connectorId: string): void {
  const count = labelled.get(connectorId) ?? 0;
  if (count === 0 && labelled.size >= MAX_CONNECTOR_LABELS) return;
  labelled.set(connectorId, count + 1);
  if (count === 0) for (const up of ups) up.set(0, connectorId);
}

/** Notes whether a connector is connected. One gauge for many connectors would say how the last of them is. */
export function recordUp(connectorId: string, isUp: boolean): void {
  if (labelled.has(connectorId)) for (const up of ups) up.set(isUp ? 1 : 0, connectorId);
}

/** Notes a change of state, and the code of the failure that led to it, if one did. */
export function recordTransition(
  { from, to }: { readonly from: string; readonly to: string },
  failureCode: string | null,
): void {
  transitions.add(1, from, to);
  if (failureCode !== null) connectorFailures.add(1, failureCode);
}

/** Notes a message that nobody waited for. */
export function recordStray(): void {
  strayMessages.add(1);
}

/** Drops the labels of a connector that is no more, unless another manager has one of that id. */
export function forgetConnector(connectorId: string): void {
  const count = labelled.get(connectorId) ?? 0;
  if (count > 1) labelled.set(connectorId, count - 1);
  if (count !== 1) return;
  labelled.delete(connectorId);
  for (const up of ups) up.remove(connectorId);
  for (const outcome of CALL_OUTCOMES) callDuration.remove(connectorId, outcome);
}

/** Notes what became of a login. */
export function recordLogin(outcome: 'done' | 'failed' | 'expired' | 'lost' | 'logged-out'): void {
  loginOutcomes.add(1, outcome);
}

/** Notes what came of a refresh of tokens. */
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

/** Notes that a host goes by itself for a service map, though it is in a fleet. */
export function recordFleetFallback(reason: 'guard' | 'refused' | 'alone'): void {
  fleetFallback.add(1, reason);
}

/** Notes what a comparison of the source with the fleet found. */
export function recordFleetAudit(result: 'same' | 'different' | 'failed'): void {
  fleetAudits.add(1, result);
}

export function recordThreadLost(): void {
  threadsLost.add(1);
}

export function recordCall(connectorId: string, durationMs: number, outcome: (typeof CALL_OUTCOMES)[number]): void {
  // A call that outlives its connector must not bring its label back.
  const connector = labelled.has(connectorId) ? connectorId : 'other';
  callDuration.observe(durationMs / 1000, connector, outcome);
}

/** Notes a request of a client of the gateway. */
export function recordGatewayRequest(method: string, outcome: 'ok' | 'error', durationMs: number): void {
  gatewayRequests.observe(durationMs / 1000, method, outcome);
}

/** Notes an HTTP request that the gateway refused. */
export function recordGatewayRefusal(status: number): void {
  gatewayRefused.add(1, String(status));
}

/** Notes definitions that are left out of lists. `kind` and `reason` are of the closed sets of mcp/definitions. */
export function recordDroppedDefinitions(kind: string, reason: string, count: number): void {
  droppedDefinitions.add(count, kind, reason);
}

/** Notes a tool that is no longer what it was. */
export function recordToolChange(policy: string): void {
  toolChanges.add(1, policy);
}

export function recordRegistryFlush(durationMs: number, outcome: 'ok' | 'error'): void {
  registryFlush.observe(durationMs / 1000, outcome);
}

/** Notes a commit of so many changes. */
export function recordRegistryCommit(durationMs: number, changes: number, outcome: 'ok' | 'error'): void {
  registryCommit.observe(durationMs / 1000, outcome);
  registryBatch.observe(changes);
  registryCommitted.add(changes, outcome);
}

const FLEET_RECORDS: ReadonlySet<string> = new Set(['map', 'host', 'session', 'login', 'pin', 'tool', 'quota', 'hop']);

/** Notes a record of the fleet that failed its checks, or a command that its server refused. */
export function recordFleetRefusal(kind: string): void {
  fleetRefused.add(1, FLEET_RECORDS.has(kind) ? kind : 'other');
}

/** Notes permits for calls with a quota that this host asked for: how many it got, and how many it did not. */
export function recordFleetPermits(granted: number, refused: number): void {
  fleetPermits.add(granted, 'granted');
  fleetPermits.add(refused, 'refused');
}
