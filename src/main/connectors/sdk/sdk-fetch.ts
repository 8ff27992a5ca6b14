import { AsyncLocalStorage } from 'node:async_hooks';
import { type Dispatcher, Headers, fetch as undiciFetch } from 'undici';
import { systemSleep } from '../../../shared/clock.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';
import { traceHeaders } from '../../observability/telemetry/trace-headers.ts';
import { isRefusedAddress } from '../connection/network-failure.ts';
import { limitBody } from './sdk-body.ts';
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
      const onFault = onOversize.getStore() ?? null;
      return limitBody(response as unknown as Response, {
        method: init?.method,
        maxBytes: maxResultBytes,
        trace,
        onFault,
      });
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
