import { AsyncLocalStorage } from 'node:async_hooks';
import { type Dispatcher, Headers, fetch as undiciFetch } from 'undici';
import { systemSleep } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { traceHeaders } from '../../observability/telemetry/trace-headers.ts';
import { isRefusedAddress } from '../connection/network-failure.ts';
import type { WireTrace } from './sdk-errors.ts';

type Fetch = typeof globalThis.fetch;
type FetchInput = Parameters<typeof undiciFetch>[0];
type FetchInit = Parameters<typeof undiciFetch>[1];

/**
 * How long after the handshake the standing stream of a connector is opened. Over HTTP/1.1 it takes a connection for
 * itself, which the connectors that still come up need more.
 */
export const STREAM_DELAY_MS = 2_000;

/** Who is told that an answer is too large; the SDK would say nothing of it, or wait for the rest. */
const onOversize = new AsyncLocalStorage<(error: SwitchyardError) => void>();

/** Runs `work`, whose answers are capped; `tell` hears of one that is too large. */
export function withOversize<T>(tell: (error: SwitchyardError) => void, work: () => Promise<T>): Promise<T> {
  return onOversize.run(tell, work);
}

/** undici's fetch over `dispatcher`. It notes what came of the last request, and caps answers and events of streams. */
export function createSdkFetch(dispatcher: Dispatcher, trace: WireTrace, maxResultBytes: number): Fetch {
  const traced = async (input: FetchInput, init?: FetchInit): Promise<unknown> => {
    try {
      const response = await undiciFetch(input, { ...withTrace(init), dispatcher });
      trace.lastStatus = response.status;
      trace.isUnreachable = false;
      trace.refusal = null;
      return cap(response as unknown as Response, init?.method, maxResultBytes, trace);
    } catch (error) {
      trace.isUnreachable = true;
      trace.refusal = isRefusedAddress(error) ? error : null;
      throw error;
    }
  };
  return traced as unknown as Fetch;
}

/**
 * Holds back the standing stream of a legacy session (a GET; MCP 2025-11-25, listening for messages): for a while, or
 * for good where there is nothing to hear. A GET that resumes the answer to a call goes out at once.
 */
export function holdingStandingStream(
  fetch: Fetch,
  wanted: () => 'now' | 'later' | 'never',
  onOpen: () => void,
): Fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers as ConstructorParameters<typeof Headers>[0]);
    if (init?.method !== 'GET' || headers.has('last-event-id')) return fetch(input, init);
    const when = wanted();
    // What a server without such a stream answers.
    if (when === 'never') return new Response(null, { status: 405 });
    if (when === 'later') await systemSleep(STREAM_DELAY_MS, init.signal ?? undefined);
    const response = await fetch(input, init);
    if (response.ok) onOpen();
    return response;
  };
}

/** The request as it is, or with the trace that it belongs to (W3C Trace Context). */
function withTrace(init: FetchInit): FetchInit {
  const own = traceHeaders();
  if (own.length === 0) return init;
  const headers = new Headers(init?.headers);
  for (let index = 0; index < own.length; index += 2) headers.set(own[index] ?? '', own[index + 1] ?? '');
  return { ...init, headers };
}

/** The answer to a POST capped as a whole, a stream that stays open by the event. */
function cap(response: Response, method: string | undefined, maxBytes: number, trace: WireTrace): Response {
  const tell = onOversize.getStore();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (isStream && (method === undefined || method === 'GET')) {
    return capped(response, maxBytes, bytesOfEvent(), (error) => {
      trace.oversized = error;
    });
  }
  if (tell === undefined || isKnownToFit(response, maxBytes)) return response;
  let size = 0;
  return capped(response, maxBytes, (chunk) => (size += chunk.length), tell);
}

/** The answer, cut off with TOOL_RESULT_TOO_LARGE once `sizeAfter` a chunk is more than `maxBytes`. */
function capped(
  response: Response,
  maxBytes: number,
  sizeAfter: (chunk: Uint8Array) => number,
  tell: (error: SwitchyardError) => void,
): Response {
  const { body } = response;
  if (body === null) return response;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (sizeAfter(chunk) <= maxBytes) return controller.enqueue(chunk);
      const error = new SwitchyardError(
        'TOOL_RESULT_TOO_LARGE',
        `The connector answered with more than ${maxBytes} bytes; the answer was cut off.`,
        { detail: { maxBytes } },
      );
      tell(error);
      controller.error(error);
    },
  });
  return new Response(body.pipeThrough(counter), response);
}

/** Counts the bytes since the last blank line, which ends an event. */
function bytesOfEvent(): (chunk: Uint8Array) => number {
  let size = 0;
  let tail = Buffer.alloc(0);
  return (chunk) => {
    // A blank line may lie across two chunks.
    const seen = Buffer.concat([tail, chunk]);
    const end = Math.max(seen.lastIndexOf('\n\n'), seen.lastIndexOf('\r\n\r\n'), seen.lastIndexOf('\r\r'));
    size = end < 0 ? size + chunk.length : seen.length - end;
    tail = seen.subarray(-3);
    return size;
  };
}

function isKnownToFit(response: Response, maxBytes: number): boolean {
  const length = response.headers.get('content-length');
  return length !== null && !response.headers.has('content-encoding') && Number(length) <= maxBytes;
}
