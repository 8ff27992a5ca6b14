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

/** Request or notification of the other side. */
export interface Served {
  readonly method: string;
  readonly params: Members;
  /** JSON-RPC id; undefined for a notification. */
  readonly id?: string | number | undefined;
  /** Attributes of its transport. */
  readonly transport: Attributes;
  /** Headers of its HTTP request; null if other messages share the same pipe or stream. */
  readonly headers: Members | null;
  /** Returns the negotiated revision and session, as far as they are known by now: a handshake negotiates them. */
  readonly agreed: () => { readonly revision: string | null; readonly sessionId: string | null };
  /** Returns the tool or prompt that it names, or null if no such tool or prompt is known by now. */
  readonly subject: () => string | null;
  /** Returns the fault that is reported to the other side for an error. */
  readonly faultOf: (error: unknown) => Fault;
}

/** Traces that a message and its transport carry. */
interface Origins {
  readonly message: Carried;
  readonly transport: Carried | null;
}

/**
 * Serves a request or notification as a server span of the host's OpenTelemetry, and measures it. The parent is the
 * trace in its `_meta` (SEP-414), or else in its headers. Settles as `work` does. Without OpenTelemetry, `work` runs in
 * the trace of the other side; without a trace, it runs unchanged.
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

/** Right after a cold start, a tool may not be listed until its request is already in progress. */
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

/** `_meta` takes precedence over the headers for each part separately: baggage does not depend on a trace. */
function originOf({ message, transport }: Origins): Carried {
  const parent = message.parent ?? transport?.parent ?? null;
  const baggage = message.baggage ?? transport?.baggage ?? null;
  return parent === null && baggage === null ? NOTHING_CARRIED : { parent, baggage };
}
