import { channel } from 'node:diagnostics_channel';
import { traces } from './current-trace.ts';

/** Where an instrumentation of undici hears of each request, to which it adds the headers of its own span. */
const undiciRequests = channel('undici:request:create');

/**
 * The headers that carry the trace of the code that runs (W3C Trace Context and Baggage), names and values in turn.
 * None where the host records the request and has undici instrumented: with two `traceparent` neither would be valid.
 */
export function traceHeaders(): readonly string[] {
  const trace = traces.getStore();
  if (trace === undefined || (trace.request?.span != null && undiciRequests.hasSubscribers)) return [];
  const { traceparent, tracestate, baggage } = trace;
  return [
    ...(traceparent === null ? [] : ['traceparent', traceparent]),
    ...(tracestate === null ? [] : ['tracestate', tracestate]),
    ...(baggage === null ? [] : ['baggage', baggage]),
  ];
}
