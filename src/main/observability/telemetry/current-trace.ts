import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import type { Attributes } from './mcp-attributes.ts';
import { type HostSpan, hostApi } from './open-telemetry.ts';
import { type Carried, formatTraceparent } from './trace-context.ts';

/** The trace that the running code belongs to, in the form that outgoing messages contain. */
export interface CurrentTrace {
  /**
   * The innermost operation that the code runs in. Null if the code serves a client's request outside of any operation.
   */
  readonly operation: string | null;
  /** Value of `traceparent`; null if the incoming message contained only baggage. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly baggage: string | null;
  /** Whether the span in `traceparent` was created by a client. Outgoing messages then need a new span id. */
  readonly isForeign: boolean;
  /** Whether this trace is the continuation of a trace from an incoming message. */
  readonly isContinued: boolean;
  /** Whether the host or a client records the trace. Otherwise the trace is not written into outgoing messages. */
  readonly isFollowed: boolean;
  /** Slot of the request that the running code is sending or may send next. Null if it may not send a request. */
  readonly request: RequestSlot | null;
}

/** Facts about a request that are only known after the request has been written. */
export interface RequestSlot {
  /** Span of the request; null if the host records no span. */
  readonly span: HostSpan | null;
  /** Attributes of the operation that sends the request. */
  readonly attributes: Attributes;
  /**
   * Whether a request uses this slot already. The slot of an operation is used by the first request that the operation
   * sends.
   */
  isTaken: boolean;
  id: unknown;
}

/** The operation for which a trace is created. */
interface Within {
  readonly operation: string | null;
  readonly attributes: Attributes;
}

/** Stores the trace of the running code across asynchronous calls. */
export const traces: AsyncLocalStorage<CurrentTrace> = new AsyncLocalStorage<CurrentTrace>();

/** Stores the id of the request that the running code sends, for the attributes of its span. */
export function noteRequestId(id: number | string): void {
  const slot = traces.getStore()?.request;
  if (slot != null) slot.id = id;
}

/**
 * Captures the current trace. The returned function runs `work` in that trace, for example for later messages of a
 * stream. If the caller of the returned function is already in that trace, or continues a trace from a message, `work`
 * runs in the trace of this caller instead.
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
 * Captures the current trace and, if the host uses OpenTelemetry, the active span of the host. The returned function
 * runs `work` in that trace and span. It is meant for timers and signals that many calls share.
 */
export function keepTraceForLater(): (work: () => void) => void {
  // A snapshot captures all async contexts of the host, which is expensive. So it is only taken if the host uses
  // OpenTelemetry.
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

/** Creates the trace for code that runs within a span of the host. */
export function traceOfSpan(span: HostSpan, { operation, attributes }: Within, baggage: string | null): CurrentTrace {
  const { traceparent, tracestate } = span;
  const parts = { traceparent, tracestate, baggage: baggage ?? span.baggage };
  const flags = { isForeign: false, isContinued: false, isFollowed: true };
  return { ...parts, ...flags, operation, request: newSlot(span, attributes) };
}

/** Creates the trace for code that serves an incoming message, if the host records no span for the message. */
export function foreignTrace({ parent, baggage }: Carried): CurrentTrace {
  const traceparent = parent === null ? null : formatTraceparent(parent);
  const tracestate = parent?.tracestate ?? null;
  const isFollowed = parent !== null;
  const flags = { isForeign: true, isContinued: isFollowed, isFollowed };
  return { operation: null, traceparent, tracestate, baggage, ...flags, request: null };
}

/**
 * Creates a trace with a new span id below the parent, and with the parent's trace id and flags. Without a parent, the
 * trace id is new, and the flags say whether the trace is recorded (W3C Trace Context, trace-flags).
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

/** Random bytes for the next ids. One system call fills the buffer for many ids. */
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
