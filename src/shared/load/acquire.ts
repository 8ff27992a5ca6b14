import { deadline, monotonicMs, raceSignal } from '../clock.ts';
import type { ErrorCode } from '../error-codes.ts';
import { ConnectorManifestError, type ErrorDetail, rootReason, SwitchyardError } from '../errors.ts';
import { classifyFetchError, isRefusedAnswer } from '../net/fetch-errors.ts';
import { GrowingBytes } from '../net/growing-bytes.ts';
import { retryAfterMs } from '../net/retry-after.ts';
import type { Acquired, AcquiredBody, LoadTask, MapRequest } from '../protocol/thread-messages.ts';

/**
 * The part of `fetch` that is needed to download a map. The function may be undici's, the global one or the caller's
 * own.
 */
export type FetchMap = (url: string, init: FetchMapInit) => Promise<MapResponse>;

interface FetchMapInit {
  readonly method: 'GET';
  readonly headers: Record<string, string>;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** The part of a `Response` that is needed to download a map. */
interface MapResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: (AsyncIterable<Uint8Array> & { cancel?(): Promise<void> }) | null;
}

/**
 * Requests a map once. One deadline covers everything up to the last byte of the body. Reads at most `maxBytes` of the
 * body after decompression (the option `maxMapBytes`), which enforces the size limit of maps. Throws the MAP_… code of
 * a network failure (fetch-errors.ts), MAP_TIMEOUT, MAP_UNAUTHORIZED, MAP_RATE_LIMITED, MAP_HTTP_STATUS,
 * MAP_REDIRECTED, MAP_NOT_MODIFIED_UNASKED, MAP_TOO_LARGE, or the reason of `signal`.
 */
export async function acquireMap(
  request: MapRequest,
  nowMs: number,
  fetch: FetchMap,
  signal: AbortSignal,
): Promise<Acquired> {
  const startedMs = monotonicMs();
  using limit = deadline(request.timeoutMs, () => timeoutError(request), signal);
  try {
    // A caller's own fetch may ignore the signal, so the exchange also ends when the signal aborts.
    return await raceSignal(exchange(request, nowMs, fetch, limit.signal, startedMs), limit.signal);
  } catch (error) {
    if (limit.signal.aborted) throw limit.signal.reason;
    if (error instanceof SwitchyardError) throw error;
    const isRefused = error instanceof Error && isRefusedAnswer(error.cause);
    const reason = isRefused
      ? 'fetch rejected the response, as it does for a 407 or for too many content encodings'
      : rootReason(error);
    const why = `Cannot fetch the service map from ${place(request)}: ${reason}`;
    throw new ConnectorManifestError(classifyFetchError(error), why, { cause: error });
  }
}

/**
 * Requests a map. If the response only confirms the known map, and that map has expired, requests the whole map.
 * Otherwise a cache between this host and the server could confirm the expired map forever.
 */
export async function acquireCurrentMap(task: LoadTask, fetch: FetchMap, signal: AbortSignal): Promise<Acquired> {
  const { nowMs } = task.policy;
  const knownExpiresAtMs = task.known?.expiresAtMs ?? null;
  const request = { ...task.request, headers: { ...task.request.headers, traceparent: task.traceparent } };
  const acquired = await acquireMap(request, nowMs, fetch, signal);
  const confirmsExpired = acquired.kind === 'not-modified' && (knownExpiresAtMs === null || knownExpiresAtMs <= nowMs);
  return confirmsExpired ? acquireMap({ ...request, etag: null }, nowMs, fetch, signal) : acquired;
}

async function exchange(
  request: MapRequest,
  nowMs: number,
  fetch: FetchMap,
  signal: AbortSignal,
  startedMs: number,
): Promise<Acquired> {
  const headers: Record<string, string> = {
    // Callers' own fetch functions may rely on this spelling of the header names.
    Accept: 'application/json',
    'Cache-Control': 'no-cache',
    ...request.headers,
  };
  if (request.etag !== null) headers['If-None-Match'] = request.etag;
  const response = await fetch(request.url, { method: 'GET', headers, redirect: 'manual', signal });
  if (response.status === 304 && request.etag !== null) {
    return { kind: 'not-modified', fetchMs: monotonicMs() - startedMs };
  }
  try {
    assertUsable(response, request, nowMs);
  } catch (error) {
    // A body that is not read would keep its connection open until garbage collection.
    await response.body?.cancel?.().catch(() => {});
    throw error;
  }
  const bytes = await readCapped(response, request);
  const body: AcquiredBody = {
    kind: 'body',
    bytes,
    etag: response.headers.get('etag'),
    fetchMs: monotonicMs() - startedMs,
  };
  return body;
}

function assertUsable(response: MapResponse, request: MapRequest, nowMs: number): void {
  const { status } = response;
  if (status === 200) return;
  const waitMs = retryAfterMs(response.headers.get('retry-after'), nowMs);
  const detail: ErrorDetail = { status, ...(waitMs !== null && { retryAfterMs: waitMs }) };
  throw new ConnectorManifestError(codeOfStatus(status), `${place(request)} ${complaintOf(status)}`, { detail });
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'MAP_UNAUTHORIZED';
  if (status === 407) return 'MAP_PROXY';
  if (status === 429) return 'MAP_RATE_LIMITED';
  if (status === 304) return 'MAP_NOT_MODIFIED_UNASKED';
  // fetch reports status 0 for a redirect that it was told not to follow.
  return status === 0 || (status >= 300 && status < 400) ? 'MAP_REDIRECTED' : 'MAP_HTTP_STATUS';
}

function complaintOf(status: number): string {
  switch (codeOfStatus(status)) {
    case 'MAP_NOT_MODIFIED_UNASKED':
      return 'answered 304 to a request that sent no `If-None-Match`.';
    case 'MAP_REDIRECTED':
      return 'answered with a redirect, and redirects are not followed.';
    case 'MAP_UNAUTHORIZED':
      return `refused the request for the service map (${status}): the key is missing or wrong, or lacks permission.`;
    default:
      return `answered ${status} to the request for the service map.`;
  }
}

/**
 * Reads the body. Throws MAP_TOO_LARGE as soon as more than `maxBytes` were read, whatever length the headers declare.
 */
async function readCapped({ body, headers }: MapResponse, request: MapRequest): Promise<Uint8Array<ArrayBuffer>> {
  // If the body is compressed, `content-length` is the compressed length, and this hint is too small.
  const bytes = new GrowingBytes(Number(headers.get('content-length')), request.maxBytes);
  for await (const part of body ?? []) {
    if (bytes.add(part)) continue;
    throw new ConnectorManifestError(
      'MAP_TOO_LARGE',
      `The service map at ${place(request)} is larger than ${request.maxBytes} bytes.`,
      { detail: { maxBytes: request.maxBytes } },
    );
  }
  return bytes.take();
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

/** Returns the URL of a request without its query, because the query may contain a token. */
function place(request: MapRequest): string {
  const url = new URL(request.url);
  return url.origin + url.pathname;
}
