import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import { tracingChannel } from 'node:diagnostics_channel';
import { PACKAGE_VERSION } from '../../shared/package-version.ts';
import { type Attributes, startHostSpan } from './open-telemetry.ts';

/** The operations that are traced; each has a diagnostics channel `tracing:mcp-switchyard:<operation>:…`. */
export type Operation = 'sync' | 'load' | 'connect' | 'call';

/** What subscribers of the channels get; Node adds `error` or `result`. */
interface TraceMessage {
  readonly operation: Operation;
  readonly attributes: Attributes;
  /** W3C Trace Context, level 1. */
  readonly traceparent: string;
}

const channels = {
  sync: tracingChannel<string, TraceMessage>('mcp-switchyard:sync'),
  load: tracingChannel<string, TraceMessage>('mcp-switchyard:load'),
  connect: tracingChannel<string, TraceMessage>('mcp-switchyard:connect'),
  call: tracingChannel<string, TraceMessage>('mcp-switchyard:call'),
};

const current = new AsyncLocalStorage<{ readonly operation: Operation; readonly traceparent: string }>();

/** The `traceparent` of the operation that this code runs in; undefined outside of any. */
export function currentTraceparent(): string | undefined {
  return current.getStore()?.traceparent;
}

/** Whether this code runs in an operation of that kind, as the innermost one. */
export function isWithin(operation: Operation): boolean {
  return current.getStore()?.operation === operation;
}

/** Runs `work` as part of no operation: what it begins outlives the one that it was called in. */
export function detached<T>(work: () => T): T {
  return current.exit(work);
}

/**
 * Runs `work` as one operation: below the operation it is called in, told to the diagnostics channels, and a span of the host's
 * OpenTelemetry where it has one. Settles as `work` does.
 */
export async function traced<T>(
  operation: Operation,
  name: string,
  attributes: Attributes,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  const span = startHostSpan(name, attributes, PACKAGE_VERSION);
  const traceparent = span?.traceparent ?? childOf(currentTraceparent(), channels[operation].hasSubscribers);
  const run = (): Promise<T> =>
    current.run({ operation, traceparent }, () =>
      channels[operation].tracePromise(() => work(traceparent), { operation, attributes, traceparent }),
    );
  if (span === null) return run();
  try {
    const result = await span.run(run);
    span.end(null);
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/** A new span id in the parent's trace, or in a new one that says whether anybody records it (trace-flags, section 3.2.2.5). */
function childOf(parent: string | undefined, isRecorded: boolean): string {
  const spanId = randomHex(8);
  if (parent === undefined) return `00-${randomHex(16)}-${spanId}-${isRecorded ? '01' : '00'}`;
  const [version, traceId, , flags] = parent.split('-');
  return `${version}-${traceId}-${spanId}-${flags}`;
}

/** Chance in stock, so that not each call has to ask the system for some. */
const stock = Buffer.alloc(4_096);
let used = stock.length;

function randomHex(bytes: number): string {
  if (used + bytes > stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  used += bytes;
  return stock.toString('hex', used - bytes, used);
}
