import { deadline, monotonicMs, raceSignal } from './clock.ts';
import { ConnectorManifestError, rootReason, SwitchyardError } from './errors.ts';
import type { Acquired, AcquiredBody, MapRequest } from './protocol.ts';

/** The part of `fetch` that a map needs; undici's, a global one or a caller's own. */
export type FetchMap = (url: string, init: FetchMapInit) => Promise<MapResponse>;

interface FetchMapInit {
  readonly method: 'GET';
  readonly headers: Record<string, string>;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** The part of a `Response` that a map needs. */
interface MapResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: (AsyncIterable<Uint8Array> & { cancel?(): Promise<void> }) | null;
}

/**
 * Asks for a map, once, under one deadline that covers everything up to the last byte of the body.
 * Throws MAP_UNREACHABLE, MAP_TIMEOUT, MAP_HTTP_STATUS, MAP_REDIRECTED, MAP_NOT_MODIFIED_UNASKED, MAP_TOO_LARGE, or
 * the reason of `signal`.
 */
async function acquireMap(request: MapRequest, fetch: FetchMap, signal: AbortSignal): Promise<Acquired> {
  const startedMs = monotonicMs();
  using limit = deadline(request.timeoutMs, () => timeoutError(request), signal);
  try {
    // Raced besides being signalled: a caller's own fetch may not heed the signal.
    return await raceSignal(exchange(request, fetch, limit.signal, startedMs), limit.signal);
  } catch (error) {
    if (limit.signal.aborted) throw limit.signal.reason;
    if (error instanceof SwitchyardError) throw error;
    throw new ConnectorManifestError(
      'MAP_UNREACHABLE',
      `Cannot fetch the service map from ${place(request)}: ${rootReason(error)}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Asks for the whole map where the server only confirmed a known one that has expired since: a cache in between may go on
 * confirming it for ever. Asked once.
 */
export async function acquireCurrentMap(
  request: MapRequest,
  knownExpiresAtMs: number | null,
  nowMs: number,
  fetch: FetchMap,
  signal: AbortSignal,
): Promise<Acquired> {
  const acquired = await acquireMap(request, fetch, signal);
  const confirmsExpired = acquired.kind === 'not-modified' && (knownExpiresAtMs === null || knownExpiresAtMs <= nowMs);
  return confirmsExpired ? acquireMap({ ...request, etag: null }, fetch, signal) : acquired;
}

async function exchange(
  request: MapRequest,
  fetch: FetchMap,
  signal: AbortSignal,
  startedMs: number,
): Promise<Acquired> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'cache-control': 'no-cache',
    ...request.headers,
  };
  if (request.etag !== null) headers['if-none-match'] = request.etag;
  const response = await fetch(request.url, { method: 'GET', headers, redirect: 'manual', signal });
  if (response.status === 304 && request.etag !== null) {
    return { kind: 'not-modified', fetchMs: monotonicMs() - startedMs };
  }
  try {
    assertUsable(response, request);
  } catch (error) {
    // A body that nobody reads would hold its connection until the collector comes by.
    await response.body?.cancel?.().catch(() => {});
    throw error;
  }
  const bytes = await readCapped(response.body, request);
  const body: AcquiredBody = {
    kind: 'body',
    bytes,
    etag: response.headers.get('etag'),
    fetchMs: monotonicMs() - startedMs,
  };
  return body;
}

function assertUsable(response: MapResponse, request: MapRequest): void {
  const { status } = response;
  if (status === 200) return;
  const detail = { status };
  if (status === 304) {
    throw new ConnectorManifestError(
      'MAP_NOT_MODIFIED_UNASKED',
      `${place(request)} answered 304 though no version was named.`,
      { detail },
    );
  }
  // Status 0: what fetch makes of a redirect that must not be followed.
  if (status === 0 || (status >= 300 && status < 400)) {
    throw new ConnectorManifestError(
      'MAP_REDIRECTED',
      `${place(request)} answered with a redirect; redirects are not followed.`,
      { detail },
    );
  }
  throw new ConnectorManifestError(
    'MAP_HTTP_STATUS',
    `${place(request)} answered ${status} to the request for the service map.`,
    { detail },
  );
}

async function readCapped(
  body: AsyncIterable<Uint8Array> | null,
  request: MapRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > request.maxBytes) {
      throw new ConnectorManifestError(
        'MAP_TOO_LARGE',
        `The service map at ${place(request)} is larger than ${request.maxBytes} bytes.`,
        {
          detail: { maxBytes: request.maxBytes },
        },
      );
    }
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function timeoutError(request: MapRequest): Error {
  return new ConnectorManifestError(
    'MAP_TIMEOUT',
    `${place(request)} did not deliver the service map within ${request.timeoutMs} ms.`,
    {
      detail: { timeoutMs: request.timeoutMs },
    },
  );
}

/** The URL without its query, which may hold a token. */
function place(request: MapRequest): string {
  const url = new URL(request.url);
  return url.origin + url.pathname;
}
