import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import type { Attributes } from './mcp-attributes.ts';
import { type HostSpan, hostApi } from './open-telemetry.ts';
import { type Carried, formatTraceparent } from './trace-context.ts';

/** Trace of the running code, in the form in which it is sent on. */
export interface CurrentTrace {
  /** Innermost operation; null if a client request is served outside of any operation. */
  readonly operation: string | null;
  /** Trace parent; null if only baggage came with the message. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly baggage: string | null;
  /** Whether the span in `traceparent` belongs to a client, so that outgoing messages need a new span id. */
  readonly isForeign: boolean;
  /** Whether this trace continues the trace of an incoming message. */
  readonly isContinued: boolean;
  /** Whether anything records the trace. A trace that nothing records is not written into messages. */
  readonly isFollowed: boolean;
  /** Request that the code is sending; null if it is not sending one. */
  readonly request: RequestSlot | null;
}

/** Request in progress: the facts that are known once it has been written. */
export interface RequestSlot {
  /** Span of the request. */
  readonly span: HostSpan | null;
  /** Attributes of the operation, for the requests that it sends. */
  readonly attributes: Attributes;
  /** Whether a request uses the slot. An operation lends its slot to the first request that it sends. */
  isTaken: boolean;
  id: unknown;
}

/** Operation that a trace belongs to. */
interface Within {
  readonly operation: string | null;
  readonly attributes: Attributes;
}

/** Storage of the trace that the running code belongs to. */
export const traces: AsyncLocalStorage<CurrentTrace> = new AsyncLocalStorage<CurrentTrace>();

/** Records the id of the request that this code is sending. */
export function noteRequestId(id: number | string): void {
  const slot = traces.getStore()?.request;
  if (slot != null) slot.id = id;
}

/**
 * Keeps the current trace. The returned function runs `work` in it, for later messages of a stream. If the calling code
 * is already in the same trace, or continues another trace, `work` runs without a change of trace.
 */
export function keepTrace(): <T>(work: () => T) => T {
  const kept = traces.getStore();
  if (kept === undefined) return (work) => work();
  const inKept = AsyncLocalStorage.snapshot();
  return (work) => {
    const now = traces.getStore();
    return now?.isContinued === true || traceIdOf(now) === traceIdOf(kept) ? work() : inKept(work);
  };
}

/**
 * Keeps the current trace, and the active span of the host if it has OpenTelemetry. The returned function runs `work`
 * in them, for timers and signals that many calls share.
 */
export function keepTraceForLater(): (work: () => void) => void {
  // A snapshot keeps every async context of the host, which is costly, so it is taken only if needed.
  if (hostApi() !== null) return AsyncLocalStorage.snapshot();
  const kept = traces.getStore();
  return kept === undefined ? runNow : (work) => traces.run(kept, work);
}

function runNow(work: () => void): void {
  work();
}

function traceIdOf(trace: CurrentTrace | undefined): string | undefined {
  return trace?.traceparent?.split('-')[1];
}

/** Returns the trace below a span of the host. */
export function traceOfSpan(span: HostSpan, { operation, attributes }: Within, baggage: string | null): CurrentTrace {
  const { traceparent, tracestate } = span;
  const parts = { traceparent, tracestate, baggage: baggage ?? span.baggage };
  const flags = { isForeign: false, isContinued: false, isFollowed: true };
  return { ...parts, ...flags, operation, request: newSlot(span, attributes) };
}

/** Returns the trace of an incoming message for which the host records no span. */
export function foreignTrace({ parent, baggage }: Carried): CurrentTrace {
  const traceparent = parent === null ? null : formatTraceparent(parent);
  const tracestate = parent?.tracestate ?? null;
  const isFollowed = parent !== null;
  const flags = { isForeign: true, isContinued: isFollowed, isFollowed };
  return { operation: null, traceparent, tracestate, baggage, ...flags, request: null };
}

/**
 * Returns a new span id in the trace of the parent, with the parent's flags. Without a parent, starts a new trace,
 * whose flags say whether the trace is recorded (W3C Trace Context, trace-flags).
 */
export function traceBelow(
  parent: CurrentTrace | undefined,
  { operation, attributes }: Within,
  isRecorded: boolean,
): CurrentTrace {
  const spanId = randomHex(8);
  const [version, traceId, , flags] = parent?.traceparent?.split('-') ?? [];
  const isRoot = traceId === undefined;
  return {
    operation,
    traceparent: isRoot
      ? `00-${randomHex(16)}-${spanId}-${isRecorded ? '01' : '00'}`
      : `${version}-${traceId}-${spanId}-${flags}`,
    tracestate: parent?.tracestate ?? null,
    baggage: parent?.baggage ?? null,
    isForeign: false,
    isContinued: false,
    isFollowed: isRecorded || parent?.isFollowed === true,
    request: newSlot(null, attributes),
  };
}

function newSlot(span: HostSpan | null, attributes: Attributes): RequestSlot {
  return { span, attributes, isTaken: false, id: null };
}

/** Pool of random bytes, so that not every call needs a system call. */
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
