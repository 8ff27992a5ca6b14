import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import {
  type CounterEntry,
  type HistogramEntry,
  INSTRUMENTS,
  type InstrumentEntry,
  MAX_CONNECTOR_LABELS,
} from './instrument-table.ts';
import { observeGauges } from './observed-gauges.ts';

const CALL_OUTCOMES = ['ok', 'tool-error', 'error'] as const;

const metricsRegistry = new Registry();
metricsRegistry.setDefaultLabels({ brand: 'brAInwav', component: 'mcp-connectors' });
let hasDefaultMetrics = false;

const settings = ({ name, help, labels }: InstrumentEntry) => ({
  name,
  help,
  labelNames: labels,
  registers: [metricsRegistry],
});
const histogramOf = (entry: HistogramEntry): Histogram =>
  new Histogram({ ...settings(entry), buckets: [...entry.buckets] });
const counterOf = (entry: CounterEntry): Counter => new Counter(settings(entry));

const proxyUp = new Gauge(settings(INSTRUMENTS.proxyUp));
const transitions = counterOf(INSTRUMENTS.transitions);
const strayMessages = counterOf(INSTRUMENTS.strayMessages);
const droppedDefinitions = counterOf(INSTRUMENTS.droppedDefinitions);
const toolChanges = counterOf(INSTRUMENTS.toolChanges);
const registryFlush = histogramOf(INSTRUMENTS.registryFlush);
const registryCommit = histogramOf(INSTRUMENTS.registryCommit);
const registryBatch = histogramOf(INSTRUMENTS.registryBatch);
const registryCommitted = counterOf(INSTRUMENTS.registryCommitted);
const connectorFailures = counterOf(INSTRUMENTS.connectorFailures);
const syncDuration = histogramOf(INSTRUMENTS.syncDuration);
const callDuration = histogramOf(INSTRUMENTS.callDuration);
const gatewayRequests = histogramOf(INSTRUMENTS.gatewayRequests);
const gatewayRefused = counterOf(INSTRUMENTS.gatewayRefused);
const loadDuration = histogramOf(INSTRUMENTS.loadDuration);
const refreshes = counterOf(INSTRUMENTS.refreshes);
const alarms = counterOf(INSTRUMENTS.alarms);
const threadsLost = counterOf(INSTRUMENTS.threadsLost);
observeGauges((entry, collect) => new Gauge({ ...settings(entry), collect }));

/** Connectors with a label of their own, and how many managers of the process have one of that id. */
const labelled = new Map<string, number>();

/** The registry that holds every metric of this package, with Node's default metrics beside them. */
export function getConnectorMetricsRegistry(): Registry {
  if (!hasDefaultMetrics) {
    hasDefaultMetrics = true;
    collectDefaultMetrics({ register: metricsRegistry });
  }
  return metricsRegistry;
}

/** Gives a new connector a label of its own, while there are some. */
export function rememberConnector(connectorId: string): void {
  const count = labelled.get(connectorId) ?? 0;
  if (count === 0 && labelled.size >= MAX_CONNECTOR_LABELS) return;
  labelled.set(connectorId, count + 1);
  if (count === 0) proxyUp.set({ connector: connectorId }, 0);
}

/** Notes whether a connector is connected. One gauge for many connectors would say how the last of them is. */
export function recordUp(connectorId: string, isUp: boolean): void {
  if (labelled.has(connectorId)) proxyUp.set({ connector: connectorId }, isUp ? 1 : 0);
}

/** Notes a change of state, and the code of the failure that led to it, if one did. */
export function recordTransition(
  { from, to }: { readonly from: string; readonly to: string },
  failureCode: string | null,
): void {
  transitions.inc({ from, to });
  if (failureCode !== null) connectorFailures.inc({ code: failureCode });
}

/** Notes a message that nobody waited for. */
export function recordStray(): void {
  strayMessages.inc();
}

/** Drops the labels of a connector that is no more, unless another manager has one of that id. */
export function forgetConnector(connectorId: string): void {
  const count = labelled.get(connectorId) ?? 0;
  if (count > 1) labelled.set(connectorId, count - 1);
  if (count !== 1) return;
  labelled.delete(connectorId);
  proxyUp.remove({ connector: connectorId });
  for (const outcome of CALL_OUTCOMES) callDuration.remove({ connector: connectorId, outcome });
}

export function recordSync(durationMs: number, outcome: 'ok' | 'error'): void {
  syncDuration.observe({ outcome }, durationMs / 1000);
}

export function recordLoad(report: LoadReport, outcome: 'loaded' | 'unchanged' | 'failed'): void {
  const thread = report.thread === 'main' ? 'main' : 'worker';
  for (const [phase, durationMs] of Object.entries(report.phases))
    loadDuration.observe({ phase, outcome, thread }, durationMs / 1000);
}

export function recordRefresh(outcome: 'loaded' | 'unchanged' | 'failed', code: string | null): void {
  refreshes.inc({ outcome, code: code ?? 'none' });
}

export function recordAlarm(code: string): void {
  alarms.inc({ code });
}

export function recordThreadLost(): void {
  threadsLost.inc();
}

export function recordCall(connectorId: string, durationMs: number, outcome: (typeof CALL_OUTCOMES)[number]): void {
  // A call that outlives its connector must not bring its label back.
  const connector = labelled.has(connectorId) ? connectorId : 'other';
  callDuration.observe({ connector, outcome }, durationMs / 1000);
}

/** Notes a request of a client of the gateway. */
export function recordGatewayRequest(method: string, outcome: 'ok' | 'error', durationMs: number): void {
  gatewayRequests.observe({ method, outcome }, durationMs / 1000);
}

/** Notes an HTTP request that the gateway refused. */
export function recordGatewayRefusal(status: number): void {
  gatewayRefused.inc({ status: String(status) });
}

/** Notes definitions that are left out of lists. `kind` and `reason` are of the closed sets of mcp/definitions. */
export function recordDroppedDefinitions(kind: string, reason: string, count: number): void {
  droppedDefinitions.inc({ kind, reason }, count);
}

/** Notes a tool that is no longer what it was. */
export function recordToolChange(policy: string): void {
  toolChanges.inc({ policy });
}

export function recordRegistryFlush(durationMs: number, outcome: 'ok' | 'error'): void {
  registryFlush.observe({ outcome }, durationMs / 1000);
}

/** Notes a commit of so many changes. */
export function recordRegistryCommit(durationMs: number, changes: number, outcome: 'ok' | 'error'): void {
  registryCommit.observe({ outcome }, durationMs / 1000);
  registryBatch.observe(changes);
  registryCommitted.inc({ outcome }, changes);
}
