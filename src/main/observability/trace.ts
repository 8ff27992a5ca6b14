import { tracingChannel } from 'node:diagnostics_channel';
import { type CurrentTrace, foreignTrace, traceBelow, traceOfSpan, traces } from './telemetry/current-trace.ts';
import { type Attributes, type Fault, faultAttributes, faultOf } from './telemetry/mcp-attributes.ts';
import { outsideOfHostSpan, startHostSpan } from './telemetry/open-telemetry.ts';
import { type Carried, NOTHING_CARRIED } from './telemetry/trace-context.ts';

/** The operations that are traced. Each has a diagnostics channel `tracing:mcp-switchyard:<operation>:…`. */
export type Operation = 'sync' | 'load' | 'connect' | 'call';

/** The message for subscribers of the diagnostics channels. Node adds `error` or `result` to it. */
interface TraceMessage {
  readonly operation: Operation;
  readonly attributes: Attributes;
  /** Value of the `traceparent` header (W3C Trace Context). */
  readonly traceparent: string;
}

/** Options of a traced operation. */
interface TracedOptions<T> {
  /** The trace that the caller passed. It takes precedence over the trace that the code runs in. */
  readonly carried?: Carried;
  /** Returns the failure that a result reports; null if the result reports none. */
  readonly faultOfResult?: (result: T) => Fault | null;
}

const channels = {
  sync: tracingChannel<string, TraceMessage>('mcp-switchyard:sync'),
  load: tracingChannel<string, TraceMessage>('mcp-switchyard:load'),
  connect: tracingChannel<string, TraceMessage>('mcp-switchyard:connect'),
  call: tracingChannel<string, TraceMessage>('mcp-switchyard:call'),
};

/** Whether `operation` is the innermost operation that the running code belongs to. */
export function isWithin(operation: Operation): boolean {
  return traces.getStore()?.operation === operation;
}

/** Whether the running code serves a request of a client, and belongs to no operation. */
export function isServing(): boolean {
  return traces.getStore()?.operation === null;
}

/**
 * Runs `work` outside of any operation. It is meant for work that continues after the operation that started it has
 * ended.
 */
export function detached<T>(work: () => T): T {
  return outsideOfHostSpan(() => traces.exit(work));
}

/**
 * Runs `work` as one operation, which is a child of the current operation. The operation is reported on the diagnostics
 * channels, and becomes a span if the host uses OpenTelemetry. Settles as `work` does.
 */
export async function traced<T>(
  operation: Operation,
  name: string,
  attributes: Attributes,
  work: (traceparent: string) => Promise<T>,
  { carried = NOTHING_CARRIED, faultOfResult }: TracedOptions<T> = {},
): Promise<T> {
  const channel = channels[operation];
  const around = traceAround(carried);
  const kind = operation === 'call' ? 'client' : 'internal';
  const span = startHostSpan({ name, kind, attributes, parent: carried.parent });
  const trace =
    span === null
      ? traceBelow(around, { operation, attributes }, channel.hasSubscribers)
      : traceOfSpan(span, { operation, attributes }, around?.baggage ?? null);
  const traceparent = trace.traceparent ?? '';
  const run = (): Promise<T> =>
    traces.run(trace, () => channel.tracePromise(() => work(traceparent), { operation, attributes, traceparent }));
  if (span === null) return run();
  const fail = (fault: Fault): void => {
    span.set(faultAttributes(fault, false));
    span.fail(fault.description);
  };
  try {
    const result = await span.run(run);
    const fault = faultOfResult?.(result) ?? null;
    if (fault !== null) fail(fault);
    return result;
  } catch (error) {
    // The error of a tool call is not recorded, because its message may repeat data from the request.
    if (operation !== 'call') span.record(error);
    fail(faultOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** Returns the trace that the caller passed, or else the trace that the code runs in. */
function traceAround(carried: Carried): CurrentTrace | undefined {
  const around = carried.parent === null ? traces.getStore() : undefined;
  if (carried.parent === null && carried.baggage === null) return around;
  return { ...(around ?? foreignTrace(carried)), baggage: carried.baggage ?? traces.getStore()?.baggage ?? null };
}
