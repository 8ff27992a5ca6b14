import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LoadReport } from '../../shared/protocol.ts';

/** Connectors with a label value of their own; the rest share `other`. */
const MAX_CONNECTOR_LABELS = 200;

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const registry = new Registry();
registry.setDefaultLabels({ brand: 'brAInwav', component: 'mcp-connectors' });
let hasDefaultMetrics = false;

const up = new Gauge({
  name: 'brainwav_mcp_connector_proxy_up',
  help: 'Whether a connector is connected: 1 or 0.',
  labelNames: ['connector'],
  registers: [registry],
});

const syncDuration = new Histogram({
  name: 'mcp_connector_sync_duration_seconds',
  help: 'Duration of sync(), connectors included.',
  labelNames: ['outcome'],
  buckets: SECONDS,
  registers: [registry],
});

const loadDuration = new Histogram({
  name: 'mcp_service_map_load_duration_seconds',
  help: 'Duration of each phase of a load of the service map.',
  labelNames: ['phase', 'outcome', 'thread'],
  buckets: SECONDS,
  registers: [registry],
});

const callDuration = new Histogram({
  name: 'mcp_tool_call_duration_seconds',
  help: 'Duration of tool calls.',
  labelNames: ['connector', 'outcome'],
  buckets: SECONDS,
  registers: [registry],
});

const labelled = new Set<string>();

/** The registry that holds every metric of this package, with Node's default metrics beside them. */
export function getConnectorMetricsRegistry(): Registry {
  if (!hasDefaultMetrics) {
    hasDefaultMetrics = true;
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}

/** Notes whether a connector is connected. */
export function recordUp(connectorId: string, isUp: boolean): void {
  up.set({ connector: labelOf(connectorId) }, isUp ? 1 : 0);
}

/** Drops the labels of a connector that is no more. */
export function forgetConnector(connectorId: string): void {
  if (labelled.delete(connectorId)) up.remove({ connector: connectorId });
}

export function recordSync(durationMs: number, outcome: 'ok' | 'error'): void {
  syncDuration.observe({ outcome }, durationMs / 1000);
}

export function recordLoad(report: LoadReport, outcome: 'loaded' | 'unchanged' | 'failed'): void {
  const thread = report.thread === 'main' ? 'main' : 'worker';
  for (const [phase, durationMs] of Object.entries(report.phases))
    loadDuration.observe({ phase, outcome, thread }, durationMs / 1000);
}

export function recordCall(connectorId: string, durationMs: number, outcome: 'ok' | 'tool-error' | 'error'): void {
  callDuration.observe({ connector: labelOf(connectorId), outcome }, durationMs / 1000);
}

function labelOf(connectorId: string): string {
  if (labelled.has(connectorId)) return connectorId;
  if (labelled.size >= MAX_CONNECTOR_LABELS) return 'other';
  labelled.add(connectorId);
  return connectorId;
}
