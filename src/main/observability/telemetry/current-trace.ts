import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import type { Attributes } from './mcp-attributes.ts';
import { type HostSpan, hostApi } from './open-telemetry.ts';
import { type Carried, formatTraceparent } from './trace-context.ts';

/** The trace that the code which runs belongs to, as it is sent on. */
export interface CurrentTrace {
  /** The innermost operation; null where a client's request is served outside of any. */
  readonly operation: string | null;
  /** Null where only baggage came along. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly baggage: string | null;
  /** Whether the span that `traceparent` names is a client's, so that what is sent on needs an id of its own. */
  readonly isForeign: boolean;
  /** Whether it continues the trace of a message that came in. */
  readonly isContinued: boolean;
  /** Whether anybody follows the trace. One that nobody follows is told in no message. */
  readonly isFollowed: boolean;
  /** The request that the code is sending; null outside of any. */
  readonly request: RequestSlot | null;
}

/** A request on its way: what is known of it once it has been written. */
export interface RequestSlot {
  /** The span of the request. */
  readonly span: HostSpan | null;
  /** What the operation says of itself, for the requests that it sends. */
  readonly attributes: Attributes;
  /** Whether a request uses the slot. An operation lends its slot to the first request that it sends. */
  isTaken: boolean;
  id: unknown;
}

/** The operation that a trace is of. */
interface Within {
  readonly operation: string | null;
  readonly attributes: Attributes;
}

/** Where the trace is kept that the running code belongs to. */
export const traces: AsyncLocalStorage<CurrentTrace> = new AsyncLocalStorage<CurrentTrace>();

/** Notes the id of the request that this code is sending. */
export function noteRequestId(id: number | string): void {
  const slot = traces.getStore()?.request;
  if (slot != null) slot.id = id;
}

/**
 * Keeps the trace that this code runs in. The returned function runs `work` in it, for what a stream brings later,
 * unless that is in the same trace already, or continues one of its own.
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
 * Keeps the trace that this code runs in, and the host's active span if it has OpenTelemetry. The returned function
 * runs `work` in them, for timers and signals that many calls share.
 */
export function keepTraceForLater(): (work: () => void) => void {
  // All that the host keeps for its code is costly to keep.
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

/** The trace below a span of the host. */
export function traceOfSpan(span: HostSpan, { operation, attributes }: Within, baggage: string | null): CurrentTrace {
  const { traceparent, tracestate } = span;
  const parts = { traceparent, tracestate, baggage: baggage ?? span.baggage };
  const flags = { isForeign: false, isContinued: false, isFollowed: true };
  return { ...parts, ...flags, operation, request: newSlot(span, attributes) };
}

/** The trace of a message that came in, where the host records no span for it. */
export function foreignTrace({ parent, baggage }: Carried): CurrentTrace {
  const traceparent = parent === null ? null : formatTraceparent(parent);
  const tracestate = parent?.tracestate ?? null;
  const isFollowed = parent !== null;
  const flags = { isForeign: true, isContinued: isFollowed, isFollowed };
  return { operation: null, traceparent, tracestate, baggage, ...flags, request: null };
}

/**
 * A new span id in the parent's trace, with the flags of the parent, or in a new trace that says whether anybody
 * records it (W3C Trace Context, trace-flags).
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
