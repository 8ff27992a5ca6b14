type OpenTelemetryApi = typeof import('@opentelemetry/api');

/** Where all copies of the API in a process meet; set as soon as the host has set up tracing. */
const MEETING_POINT = Symbol.for('opentelemetry.js.api.1');

let loading: Promise<void> | null = null;
let api: OpenTelemetryApi | null = null;

/** A span of the host's OpenTelemetry. */
export interface HostSpan {
  readonly traceparent: string;
  end(error: unknown): void;
  /** Runs `work` with this span as the active one. */
  run<T>(work: () => T): T;
}

/**
 * Takes up the host's OpenTelemetry once it has set one up; until then nothing is loaded, which a cold start would pay for. Resolves when that is
 * done; never rejects.
 */
export function findOpenTelemetry(): Promise<void> {
  if (loading === null && !(MEETING_POINT in globalThis)) return Promise.resolve();
  loading ??= import('@opentelemetry/api').then(
    (found) => {
      api = found;
    },
    () => {},
  );
  return loading;
}

/** A span below the active one; null where the host has no OpenTelemetry, or none that is set up. */
export function startHostSpan(name: string, attributes: Attributes, version: string): HostSpan | null {
  if (api === null) return null;
  const { context, isSpanContextValid, SpanKind, SpanStatusCode, trace } = api;
  const span = trace.getTracer('mcp-switchyard', version).startSpan(name, { kind: SpanKind.CLIENT, attributes });
  const spanContext = span.spanContext();
  // Without an SDK behind the API spans are dummies.
  if (!isSpanContextValid(spanContext)) return null;
  const { traceId, spanId, traceFlags } = spanContext;
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    end(error) {
      if (error !== null) {
        span.recordException(error instanceof Error ? error : String(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
    run: (work) => context.with(trace.setSpan(context.active(), span), work),
  };
}

/** Plain facts about an operation; never arguments, results or secrets. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;
