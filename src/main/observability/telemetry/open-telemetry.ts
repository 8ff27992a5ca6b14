import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import type { Attributes } from './mcp-attributes.ts';
import { type Carried, formatTraceparent, parseBaggage, type RemoteTrace } from './trace-context.ts';

type OpenTelemetryApi = typeof import('@opentelemetry/api');
type Context = import('@opentelemetry/api').Context;
type Link = import('@opentelemetry/api').Link;
type Tracer = import('@opentelemetry/api').Tracer;

/**
 * Key of the global variable that all copies of the OpenTelemetry API in a process share. The variable is set as soon
 * as the host sets up tracing or metrics.
 */
const MEETING_POINT = Symbol.for('opentelemetry.js.api.1');

/** Name of this package's tracer and meter. */
export const SCOPE = 'mcp-switchyard';

let loading: Promise<void> | null = null;
let api: OpenTelemetryApi | null = null;

/** A span that the OpenTelemetry SDK of the host records. */
export interface HostSpan {
  readonly traceparent: string;
  readonly tracestate: string | null;
  /** The baggage that the host would send with a request, as the value of a header; null without baggage. */
  readonly baggage: string | null;
  set(attributes: Attributes): void;
  rename(name: string): void;
  /** Marks the span as failed. */
  fail(description?: string): void;
  /** Records an error, with its message and its stack, on the span. */
  record(error: unknown): void;
  end(): void;
  /** Runs `work` with this span as the active span. */
  run<T>(work: () => T): T;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: 'client' | 'server' | 'internal';
  readonly attributes: Attributes;
  /** The parent of the new span. Defaults to the active span. */
  readonly parent?: RemoteTrace | null | undefined;
}

/**
 * Loads the OpenTelemetry API if the host has set up OpenTelemetry. Otherwise loads nothing, which keeps a cold start
 * fast. Resolves when loading has finished or failed. Never rejects.
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

/**
 * Returns the OpenTelemetry API of the host; null if {@link findOpenTelemetry} has not loaded it yet. Starts to load it
 * if the host has set it up.
 */
export function hostApi(): OpenTelemetryApi | null {
  if (api === null && loading === null && MEETING_POINT in globalThis) void findOpenTelemetry();
  return api;
}

/** Whether the host has set up tracing. Having the OpenTelemetry API installed is not enough. */
export function hasTracer(): boolean {
  const found = hostApi();
  return found !== null && tracerOf(found) !== undefined;
}

/** Returns the tracer of the host's SDK. Undefined without an SDK, because then nothing would record the spans. */
function tracerOf({ trace, ProxyTracerProvider }: OpenTelemetryApi): Tracer | undefined {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider
    ? provider.getDelegateTracer(SCOPE, PACKAGE_VERSION)
    : provider.getTracer(SCOPE, PACKAGE_VERSION);
}

/** Starts a span. Returns null if the host has not set up tracing with OpenTelemetry. */
export function startHostSpan({ parent = null, ...start }: SpanStart): HostSpan | null {
  const found = hostApi();
  if (found === null || tracerOf(found) === undefined) return null;
  const active = found.context.active();
  return startIn(found, parent === null ? active : below(found, active, parent), start, []);
}

/**
 * Starts the span of an incoming request. The message may contain a trace context (`message`), and its transport may
 * have another one (`transport`). If both exist, the context in the message is the parent, and the transport's context
 * becomes a link (OpenTelemetry semantic conventions for MCP, context propagation). If only one exists, it is the
 * parent. The transport's context is the active span if the host traces its HTTP server, and otherwise comes from the
 * headers. `transport` is null for a pipe or stream, because many messages share it.
 */
export function startServerSpan(
  start: Omit<SpanStart, 'parent' | 'kind'>,
  message: Carried,
  transport: Carried | null,
): HostSpan | null {
  const found = hostApi();
  if (found === null || tracerOf(found) === undefined) return null;
  const active = transport === null ? found.ROOT_CONTEXT : found.context.active();
  const ambient = found.trace.getSpanContext(active);
  const header = transport?.parent ?? null;
  const isAmbientOfHeader = ambient !== undefined && (header === null || header.traceId === ambient.traceId);
  const remote = message.parent ?? (isAmbientOfHeader ? null : header);
  const around = ambient ?? (header === null ? undefined : spanContextOf(found, header));
  const isLinked = remote !== null && around !== undefined && around.spanId !== remote.spanId;
  const base = remote === null ? active : below(found, active, remote);
  const baggage = message.baggage ?? transport?.baggage ?? null;
  const context = baggage === null ? base : found.propagation.extract(base, { baggage });
  return startIn(found, context, { ...start, kind: 'server' }, isLinked ? [{ context: around }] : []);
}

/** Runs `work` outside of the host's active span. It is meant for work that continues after that span has ended. */
export function outsideOfHostSpan<T>(work: () => T): T {
  const found = hostApi();
  return found === null ? work() : found.context.with(found.ROOT_CONTEXT, work);
}

function startIn(
  found: OpenTelemetryApi,
  context: Context,
  { name, kind, attributes }: SpanStart,
  links: Link[],
): HostSpan | null {
  const { isSpanContextValid, propagation, SpanKind, SpanStatusCode, trace } = found;
  const kinds = { client: SpanKind.CLIENT, server: SpanKind.SERVER, internal: SpanKind.INTERNAL };
  const span = tracerOf(found)?.startSpan(name, { kind: kinds[kind], attributes, links }, context);
  if (span === undefined) return null;
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  // Without an SDK, the API returns a span that records nothing, or the parent span itself.
  const isReal = isSpanContextValid(span.spanContext()) && spanId !== trace.getSpanContext(context)?.spanId;
  if (!isReal) return null;
  return {
    traceparent: formatTraceparent({ traceId, spanId, flags: traceFlags }),
    tracestate: traceState?.serialize() || null,
    get baggage() {
      if (propagation.getBaggage(context) === undefined) return null;
      const carrier: { readonly baggage?: unknown } = {};
      propagation.inject(context, carrier);
      return parseBaggage(carrier.baggage);
    },
    set: (more) => void span.setAttributes(more),
    rename: (other) => void span.updateName(other),
    fail: (message) => void span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) }),
    record: (error) => span.recordException(error instanceof Error ? error : String(error)),
    end: () => span.end(),
    run: (work) => found.context.with(trace.setSpan(context, span), work),
  };
}

function below(found: OpenTelemetryApi, context: Context, parent: RemoteTrace): Context {
  return found.trace.setSpanContext(context, spanContextOf(found, parent));
}

function spanContextOf(found: OpenTelemetryApi, { traceId, spanId, flags, tracestate }: RemoteTrace) {
  const traceState = tracestate === null ? {} : { traceState: found.createTraceState(tracestate) };
  return { traceId, spanId, traceFlags: flags, isRemote: true, ...traceState };
}
