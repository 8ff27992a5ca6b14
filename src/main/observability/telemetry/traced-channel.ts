import { monotonicMs } from '../../../shared/clock.ts';
import { type CurrentTrace, foreignTrace, type RequestSlot, traceBelow, traceOfSpan, traces } from './current-trace.ts';
import { isRecorded, recordDuration } from './durations.ts';
import {
  type Attributes,
  describe,
  type Fault,
  faultAttributes,
  faultOf,
  faultOfResult,
  type Members,
  requestAttributes,
  subjectOf,
} from './mcp-attributes.ts';
import { type HostSpan, startHostSpan } from './open-telemetry.ts';
import { carriesTrace, NOTHING_CARRIED, readTraceOfMeta, withoutTrace } from './trace-context.ts';

/** The JSON-RPC connection to one server that a {@link TracedChannel} wraps. `O` is the type of request options. */
interface Channel<O> {
  readonly isModern: boolean;
  /** Id of the session that the server opened. */
  readonly sessionId?: string | null;
  speak(era: 'modern' | 'legacy', revision: string | null): void;
  request(method: string, params: Members, options: O): Promise<Members>;
  notify(method: string, params: Members): Promise<void>;
  answer(id: string | number, answer: { readonly result: Members } | { readonly error: Members }): Promise<void>;
}

/** The method that is not traced. Its stream stays open for hours, so its duration has no meaning. */
const UNTRACED = 'subscriptions/listen';

/**
 * Wraps a channel, and traces its requests and notifications. They contain their trace in `_meta` (SEP-414), they
 * become client spans of the host's OpenTelemetry, and their durations are measured (OpenTelemetry semantic conventions
 * for MCP). Each method settles as the same method of the wrapped channel does.
 *
 * For a tool call, the manager has already created a span, which also covers the work before the request. The first
 * request of the call uses that span and sets its attributes on it. Each further request gets a separate span, which is
 * a child of that span.
 */
export class TracedChannel<O> implements Channel<O> {
  readonly #channel: Channel<O>;
  readonly #transport: Attributes;
  #revision: string | null = null;

  /** Wraps `channel`. `transport` contains the attributes that describe the transport of the channel. */
  constructor(channel: Channel<O>, transport: Attributes) {
    this.#channel = channel;
    this.#transport = transport;
  }

  get isModern(): boolean {
    return this.#channel.isModern;
  }

  speak(era: 'modern' | 'legacy', revision: string | null): void {
    this.#revision = revision;
    this.#channel.speak(era, revision);
  }

  request(method: string, params: Members, options: O): Promise<Members> {
    return this.#isTraced(method, params)
      ? this.#traced(method, params, (sent) => this.#channel.request(method, sent, options))
      : this.#channel.request(method, params, options);
  }

  notify(method: string, params: Members): Promise<void> {
    return this.#isTraced(method, params)
      ? this.#traced(method, params, (sent) => this.#channel.notify(method, sent))
      : this.#channel.notify(method, params);
  }

  answer(id: string | number, answer: { readonly result: Members } | { readonly error: Members }): Promise<void> {
    return this.#channel.answer(id, answer);
  }

  #isTraced(method: string, params: Members): boolean {
    if (method === UNTRACED) return false;
    const trace = traces.getStore();
    const isTold = trace !== undefined && (trace.isFollowed || trace.baggage !== null);
    return isTold || isRecorded() || carriesTrace(params);
  }

  async #traced<T>(method: string, params: Members, send: (params: Members) => Promise<T>): Promise<T> {
    const sending = this.#begin(method, params);
    const { trace, around } = sending;
    const sent = withTrace(params, trace);
    let fault: Fault | null = null;
    try {
      // The first request of a tool call already runs in the trace of the call.
      const work = trace === undefined || trace === around ? send : traces.run.bind(traces, trace, send);
      const result = await (sending.own === null ? work(sent) : sending.own.run(() => work(sent)));
      fault = faultOfResult(method, result);
      if (method === 'initialize') this.#revision ??= revisionOf(result);
      return result as T;
    } catch (error) {
      fault = faultOf(error);
      throw error;
    } finally {
      this.#end(sending, fault);
    }
  }

  #begin(method: string, params: Members): Sending {
    const around = traces.getStore();
    const operation = around?.operation ?? null;
    const isOfCall = method === 'tools/call' && operation === 'call';
    // Prefers the manager's name for the tool, which contains the id of the connector.
    const called = isOfCall ? around?.request?.attributes['gen_ai.tool.name'] : null;
    const subject = typeof called === 'string' ? called : subjectOf(method, params);
    const { name, attributes: described, detail } = describe(method, params, subject);
    const attributes = { ...described, ...this.#transport };
    const startedMs = monotonicMs();
    if (isOfCall && around?.request?.isTaken === false) {
      around.request.isTaken = true;
      return { around, trace: around, own: null, slot: around.request, attributes, startedMs };
    }
    const carried = isOfCall ? NOTHING_CARRIED : readTraceOfMeta(params);
    const above = carried.parent === null ? around : foreignTrace(carried);
    const own = startHostSpan({
      ...{ name, kind: 'client', parent: carried.parent },
      attributes: { ...attributes, ...detail },
    });
    const within = { operation, attributes: around?.request?.attributes ?? {} };
    const below = above?.isForeign === true ? traceBelow(above, within, false) : above;
    const trace = own === null ? below : traceOfSpan(own, within, above?.baggage ?? null);
    if (own !== null && trace?.request != null) trace.request.isTaken = true;
    return { around, trace, own, slot: own === null ? null : (trace?.request ?? null), attributes, startedMs };
  }

  #end({ own, slot, attributes, startedMs }: Sending, fault: Fault | null): void {
    const revision = this.#revision;
    const spoken = revision === null ? null : { 'mcp.protocol.version': revision };
    const measured = { ...attributes, ...spoken };
    const sessionId = this.#channel.sessionId ?? null;
    // The span of a tool call is ended by the manager, which also reports the outcome.
    slot?.span?.set({ ...measured, ...requestAttributes(slot.id, sessionId, revision) });
    if (own !== null && fault !== null) {
      own.set(faultAttributes(fault, false));
      own.fail(fault.description);
    }
    own?.end();
    recordDuration('mcp.client.operation.duration', monotonicMs() - startedMs, measured, fault);
  }
}

/** Sends a request with its trace, in the same way as a {@link TracedChannel}. */
export type SendTraced = <T extends Members>(
  method: string,
  params: Members,
  send: (sent: Members) => Promise<T>,
) => Promise<T>;

/** The server that {@link tracedRequests} sends requests to. */
interface Peer {
  readonly transport: Attributes;
  readonly revision: string | null;
  readonly sessionId: string | null;
}

/** Returns a function that sends traced requests, for code that has no channel. */
export function tracedRequests({ transport, revision, sessionId }: Peer): SendTraced {
  const unused = (): Promise<void> => Promise.resolve();
  const channel = new TracedChannel<(sent: Members) => Promise<Members>>(
    {
      ...{ isModern: false, sessionId, speak: () => {}, notify: unused, answer: unused },
      request: (_, params, send) => send(params),
    },
    transport,
  );
  channel.speak('legacy', revision);
  return (method, params, send) => channel.request(method, params, send) as ReturnType<typeof send>;
}

/** A request that is being sent, until its response has arrived. */
interface Sending {
  readonly around: CurrentTrace | undefined;
  /** The trace that is written into the request. */
  readonly trace: CurrentTrace | undefined;
  /** The span that was created for this request; null if the request uses the span of a tool call, or has no span. */
  readonly own: HostSpan | null;
  /** The slot of the request's own span, or of the tool call whose span the request uses. */
  readonly slot: RequestSlot | null;
  readonly attributes: Attributes;
  readonly startedMs: number;
}

/** Returns the protocol revision in the result of an `initialize` request. */
function revisionOf(result: unknown): string | null {
  const revision = isMembers(result) ? result.protocolVersion : null;
  return typeof revision === 'string' && /^\d{4}-\d\d-\d\d$/.test(revision) ? revision : null;
}

/**
 * Returns a copy of the parameters with this trace in `_meta`, in place of any trace that `_meta` contained. A trace
 * that nobody records is not written.
 */
function withTrace(params: Members, trace: CurrentTrace | undefined): Members {
  const { traceparent = null, tracestate = null, baggage = null, isFollowed = false } = trace ?? {};
  const bare = withoutTrace(params);
  if (!isFollowed && baggage === null) return bare;
  const meta = {
    ...(isMembers(bare._meta) ? bare._meta : {}),
    ...(isFollowed && traceparent !== null && { traceparent }),
    ...(isFollowed && tracestate !== null && { tracestate }),
    ...(baggage !== null && { baggage }),
  };
  return { ...bare, _meta: meta };
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
