import { monotonicMs } from '../../../shared/clock.ts';
import { foreignTrace, traceOfSpan, traces } from './current-trace.ts';
import { isRecorded, recordDuration } from './durations.ts';
import {
  type Attributes,
  describe,
  type Fault,
  faultAttributes,
  faultOfResult,
  type Members,
  requestAttributes,
} from './mcp-attributes.ts';
import { type HostSpan, startServerSpan } from './open-telemetry.ts';
import { type Carried, NOTHING_CARRIED, readTrace, readTraceOfMeta } from './trace-context.ts';

/** A request or notification that was received, with the facts that its span needs. */
export interface Served {
  readonly method: string;
  readonly params: Members;
  /** The JSON-RPC id; undefined for a notification. */
  readonly id?: string | number | undefined;
  /** Attributes of the transport over which the message came. */
  readonly transport: Attributes;
  /**
   * Headers of the HTTP request that contained the message; null if the message came over a pipe or stream that other
   * messages share.
   */
  readonly headers: Members | null;
  /** Returns the protocol revision and the session. They are null until a handshake has negotiated them. */
  readonly agreed: () => { readonly revision: string | null; readonly sessionId: string | null };
  /** Returns the tool or prompt that the message names; null if no such tool or prompt is known at the moment. */
  readonly subject: () => string | null;
  /** Returns the fault to report for an error that `work` threw. */
  readonly faultOf: (error: unknown) => Fault;
}

/** The trace in a message, and the trace in the headers of its HTTP request. */
interface Origins {
  readonly message: Carried;
  readonly transport: Carried | null;
}

/**
 * Runs `work`, which serves a request or notification, as a server span of the host's OpenTelemetry, and measures its
 * duration. The parent of the span is the trace in the message's `_meta` (SEP-414), or else in the HTTP headers.
 * Without OpenTelemetry, `work` runs in that trace, if there is one. Settles as `work` does.
 */
export function serveTraced<T>(served: Served, work: () => Promise<T>): Promise<T> {
  const origins = originsOf(served);
  if (isRecorded()) return serveRecorded(served, origins, work);
  const carried = originOf(origins);
  return carried === NOTHING_CARRIED ? work() : traces.run(foreignTrace(carried), work);
}

async function serveRecorded<T>(served: Served, origins: Origins, work: () => Promise<T>): Promise<T> {
  const { method, params, transport } = served;
  const startedMs = monotonicMs();
  const subject = served.subject();
  const { name, attributes, detail } = describe(method, params, subject);
  const all = { ...attributes, ...transport, ...detail };
  const span = startServerSpan({ name, attributes: all }, origins.message, origins.transport);
  let fault: Fault | null = null;
  try {
    const result = await runBelow(span, originOf(origins), work);
    fault = faultOfResult(method, result);
    return result;
  } catch (error) {
    fault = served.faultOf(error);
    throw error;
  } finally {
    const { revision, sessionId } = served.agreed();
    const spoken = revision === null ? null : { 'mcp.protocol.version': revision };
    const measured = { ...nameLate(served, subject, span, attributes), ...transport, ...spoken };
    span?.set({ ...spoken, ...requestAttributes(served.id, sessionId, revision) });
    if (fault !== null) span?.set(faultAttributes(fault, false));
    if (fault !== null) span?.fail(fault.description);
    span?.end();
    recordDuration('mcp.server.operation.duration', monotonicMs() - startedMs, measured, fault);
  }
}

function runBelow<T>(span: HostSpan | null, carried: Carried, work: () => Promise<T>): Promise<T> {
  if (span === null) return carried === NOTHING_CARRIED ? work() : traces.run(foreignTrace(carried), work);
  const own = traceOfSpan(span, { operation: null, attributes: {} }, carried.baggage);
  const trace = { ...own, isContinued: carried.parent !== null };
  return span.run(() => traces.run(trace, work));
}

/**
 * Adds the name of the tool to the span if the tool was not listed yet when the request came. That can happen right
 * after a cold start.
 */
function nameLate(served: Served, before: string | null, span: HostSpan | null, attributes: Attributes): Attributes {
  const subject = before === null ? served.subject() : null;
  if (subject === null) return attributes;
  const described = describe(served.method, served.params, subject);
  span?.rename(described.name);
  span?.set(described.attributes);
  return described.attributes;
}

function originsOf({ params, headers }: Served): Origins {
  return { message: readTraceOfMeta(params), transport: headers === null ? null : readTrace(headers) };
}

/** Returns the trace and the baggage of a request. For each of the two, `_meta` takes precedence over the headers. */
function originOf({ message, transport }: Origins): Carried {
  const parent = message.parent ?? transport?.parent ?? null;
  const baggage = message.baggage ?? transport?.baggage ?? null;
  return parent === null && baggage === null ? NOTHING_CARRIED : { parent, baggage };
}
