import { tracingChannel } from 'node:diagnostics_channel';
import { type CurrentTrace, foreignTrace, traceBelow, traceOfSpan, traces } from './telemetry/current-trace.ts';
import { type Attributes, type Fault, faultAttributes, faultOf } from './telemetry/mcp-attributes.ts';
import { outsideOfHostSpan, startHostSpan } from './telemetry/open-telemetry.ts';
import { type Carried, NOTHING_CARRIED } from './telemetry/trace-context.ts';

/** The operations that are traced; each has a diagnostics channel `tracing:mcp-switchyard:<operation>:…`. */
export type Operation = 'sync' | 'load' | 'connect' | 'call';

/** What subscribers of the channels get; Node adds `error` or `result`. */
interface TraceMessage {
  readonly operation: Operation;
  readonly attributes: Attributes;
  /** W3C Trace Context. */
  readonly traceparent: string;
}

/** What else is known of an operation. */
interface TracedOptions<T> {
  /** The trace that the caller named, in place of the one that the code runs in. */
  readonly carried?: Carried;
  /** The failure that a result tells of; null if it tells of none. */
  readonly faultOfResult?: (result: T) => Fault | null;
}

const channels = {
  sync: tracingChannel<string, TraceMessage>('mcp-switchyard:sync'),
  load: tracingChannel<string, TraceMessage>('mcp-switchyard:load'),
  connect: tracingChannel<string, TraceMessage>('mcp-switchyard:connect'),
  call: tracingChannel<string, TraceMessage>('mcp-switchyard:call'),
};

/** Whether this code runs in an operation of that kind, as the innermost one. */
export function isWithin(operation: Operation): boolean {
  return traces.getStore()?.operation === operation;
}

/** Whether this code serves a request of somebody else, outside of any operation. */
export function isServing(): boolean {
  return traces.getStore()?.operation === null;
}

/** Runs `work` as part of no operation: what it begins outlives the one that it was called in. */
export function detached<T>(work: () => T): T {
  return outsideOfHostSpan(() => traces.exit(work));
}

/**
 * Runs `work` as one operation: below the operation it is called in, told to the diagnostics channels, and a span of
 * the host's OpenTelemetry where it has one. Settles as `work` does.
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
    // What a connector answers may repeat what it was sent.
    if (operation !== 'call') span.record(error);
    fail(faultOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** The trace that the caller named, or else the one that the code runs in. */
function traceAround(carried: Carried): CurrentTrace | undefined {
  const around = carried.parent === null ? traces.getStore() : undefined;
  if (carried.parent === null && carried.baggage === null) return around;
  return { ...(around ?? foreignTrace(carried)), baggage: carried.baggage ?? traces.getStore()?.baggage ?? null };
}
