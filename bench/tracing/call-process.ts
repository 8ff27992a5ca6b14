/**
 * Makes calls with one kind of tracing: `node call-process.ts WAY CALLS`, where WAY is JSON. Prints the microseconds
 * per call.
 */
import { DiagConsoleLogger, DiagLogLevel, diag, metrics } from '@opentelemetry/api';
import { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  NodeTracerProvider,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import {
  describe,
  faultOf,
  faultOfResult,
  transportAttributes,
} from '../../src/main/observability/telemetry/mcp-attributes.ts';
import { findOpenTelemetry } from '../../src/main/observability/telemetry/open-telemetry.ts';
import { type Served, serveTraced } from '../../src/main/observability/telemetry/server-operation.ts';
import { TracedChannel } from '../../src/main/observability/telemetry/traced-channel.ts';
import { traced } from '../../src/main/observability/trace.ts';

export interface TracingWay {
  /** The OpenTelemetry setup of the host. */
  readonly host: 'none' | 'no-op' | 'unsampled' | 'spans' | 'spans-and-metrics';
  /** Whether calls run without any tracing code of this package. */
  readonly isBare: boolean;
  /** Whether the client sends a `traceparent`. */
  readonly isTraced: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Number of calls that are timed together. It is small, so that most batches end before a busy machine switches to
 * another process.
 */
const BATCH = 10;
const WARM_UP_CALLS = 20_000;

const way = JSON.parse(process.argv[2] ?? '') as TracingWay;
const calls = Number(process.argv[3]);

/** A processor that drops all spans, so that the time of an exporter is not measured. */
const dropping: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

function setUpHost(): void {
  if (way.host === 'none') return;
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.ERROR);
  if (way.host === 'no-op') return;
  const sampler = way.host === 'unsampled' ? new AlwaysOffSampler() : new AlwaysOnSampler();
  new NodeTracerProvider({ spanProcessors: [dropping], sampler }).register();
  if (way.host !== 'spans-and-metrics') return;
  const exporter = new InMemoryMetricExporter(0);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
}

const result = Promise.resolve({ content: [] });
const connector = {
  isModern: true,
  speak: () => {},
  request: (_method: string, _params: Json, _options: null): Promise<Json> => result,
  notify: () => Promise.resolve(),
  answer: () => Promise.resolve(),
};

const channel = new TracedChannel<null>(connector, transportAttributes('http', new URL('http://127.0.0.1:1234/mcp')));
channel.speak('modern', '2026-07-28');

const carried = way.isTraced ? { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } : {};
const meta = { progressToken: 1, ...carried };
const params = { name: 'one__echo', arguments: { text: 'x' }, _meta: meta };
const sent = { name: 'echo', arguments: { text: 'x' } };
const headers = { 'content-type': 'application/json' };

const served: Served = {
  ...{ method: 'tools/call', params, id: 1, headers, transport: transportAttributes('http'), faultOf },
  agreed: () => ({ revision: '2026-07-28', sessionId: null }),
  subject: () => 'one__echo',
};

async function tracedCall(): Promise<Json> {
  return await serveTraced(served, () => {
    const { name, attributes } = describe('tools/call', {}, 'one.echo');
    const work = (): Promise<Json> => channel.request('tools/call', sent, null);
    return traced('call', name, attributes, work, { faultOfResult: (found) => faultOfResult('tools/call', found) });
  });
}

async function bareCall(): Promise<Json> {
  return await (async () => connector.request('tools/call', sent, null))();
}

async function microsecondsPerCall(call: () => Promise<unknown>, count: number): Promise<number> {
  const startedMs = performance.now();
  for (let made = 0; made < count; made += 1) await call();
  return ((performance.now() - startedMs) * 1_000) / count;
}

setUpHost();
await findOpenTelemetry();
const call = way.isBare ? bareCall : tracedCall;
await microsecondsPerCall(call, WARM_UP_CALLS);
const samples: number[] = [];
for (let made = 0; made < calls; made += BATCH) samples.push(await microsecondsPerCall(call, BATCH));
process.stdout.write(JSON.stringify(samples), () => process.exit());
