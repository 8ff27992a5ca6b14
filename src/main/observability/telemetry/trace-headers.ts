import { channel } from 'node:diagnostics_channel';
import { traces } from './current-trace.ts';

/**
 * Channel that notifies an instrumentation of undici of each request, so that it can add the headers of its own span.
 */
const undiciRequests = channel('undici:request:create');

/**
 * Returns the headers that carry the current trace (W3C Trace Context and Baggage), with names and values alternating.
 * Returns no headers if the host records the request and has undici instrumented, because two `traceparent` headers
 * would be invalid.
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
