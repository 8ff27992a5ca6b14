import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import { type Attributes, type Fault, faultAttributes } from './mcp-attributes.ts';
import { hasTracer, hostApi, SCOPE } from './open-telemetry.ts';

type Histogram = import('@opentelemetry/api').Histogram;
type MeterProvider = import('@opentelemetry/api').MeterProvider;

/** Bounds of the buckets that the OpenTelemetry semantic conventions recommend, in seconds. */
const BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** The histograms of the OpenTelemetry semantic conventions for MCP, with their descriptions. */
const DESCRIPTIONS = {
  'mcp.client.operation.duration':
    'The duration of the MCP request or notification as observed on the sender from the time it was sent until the ' +
    'response or ack is received.',
  'mcp.server.operation.duration':
    'MCP request or notification duration as observed on the receiver from the time it was received until the result ' +
    'or ack is sent.',
  'mcp.client.session.duration': 'The duration of the MCP session as observed on the MCP client.',
  'mcp.server.session.duration': 'The duration of the MCP session as observed on the MCP server.',
};

export type DurationName = keyof typeof DESCRIPTIONS;

/**
 * The host's meter provider, and the histograms that were created with it. `byName` is null if that provider records
 * nothing.
 */
let made: { readonly provider: MeterProvider; readonly byName: Map<DurationName, Histogram> | null } | null = null;

/**
 * Records a duration with the meter provider of the host, if the host has one. Each attribute must have few distinct
 * values.
 */
export function recordDuration(
  name: DurationName,
  durationMs: number,
  attributes: Attributes,
  fault: Fault | null = null,
): void {
  const histogram = histogramOf(name);
  if (histogram === null) return;
  const failed = fault === null ? attributes : { ...attributes, ...faultAttributes(fault, true) };
  histogram.record(durationMs / 1_000, failed);
}

/** Whether the host has set up tracing or metrics. Having the OpenTelemetry API installed is not enough. */
export function isRecorded(): boolean {
  return hasTracer() || histogramsOf() !== null;
}

/**
 * Returns the histograms of the host's current meter provider; null without a provider. A host may set up its provider
 * at any time, so this is checked at each call.
 */
function histogramsOf(): Map<DurationName, Histogram> | null {
  const api = hostApi();
  if (api === null) return null;
  const provider = api.metrics.getMeterProvider();
  if (made?.provider !== provider) {
    const isDummy = provider.getMeter(SCOPE, PACKAGE_VERSION) === api.createNoopMeter();
    made = { provider, byName: isDummy ? null : new Map() };
  }
  return made.byName;
}

function histogramOf(name: DurationName): Histogram | null {
  const byName = histogramsOf();
  const known = byName?.get(name);
  if (byName === null || made === null || known !== undefined) return known ?? null;
  const histogram = made.provider.getMeter(SCOPE, PACKAGE_VERSION).createHistogram(name, {
    description: DESCRIPTIONS[name],
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  byName.set(name, histogram);
  return histogram;
}
