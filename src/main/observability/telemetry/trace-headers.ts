import { channel } from 'node:diagnostics_channel';
import { traces } from './current-trace.ts';

/**
 * Diagnostics channel on which undici announces each request. An OpenTelemetry instrumentation of undici subscribes to
 * it and adds the headers of its own span.
 */
const undiciRequests = channel('undici:request:create');

/**
 * Returns the headers for the current trace (W3C Trace Context and Baggage). Names and values alternate. Returns no
 * headers if the host records the request and an instrumentation of undici is active, because that instrumentation adds
 * them. Two `traceparent` headers would be invalid.
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
