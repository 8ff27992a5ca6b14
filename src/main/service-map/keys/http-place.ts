import { monotonicMs } from '../../../shared/clock.ts';
import { codeOf, rootReason, SwitchyardError } from '../../../shared/errors.ts';
import { acquireMap, type FetchMap } from '../../../shared/load/acquire.ts';
import { MAX_KEY_DOCUMENT_BYTES } from '../../../shared/signatures/key-document.ts';
import { type DocumentPlace, hasVersion, placeOf, type ReadContext, unavailable } from './document-place.ts';
import { MAX_DOCUMENTS_BYTES, newestOf } from './newest-of.ts';

/** How key documents are fetched. */
export interface HttpPlaceSettings {
  readonly fetch: FetchMap;
  /** The URL of the map. The `apiKey` is only sent to the origin of this URL. */
  readonly mapUrl: string;
  /** Timeout for one document, from the request to the last byte. */
  readonly timeoutMs: number;
}

/** Status codes that mean that a document does not exist (RFC 9110 sections 15.5.5 and 15.5.11). */
const ABSENT = new Set([404, 410]);

/**
 * Fetches key documents from an http or https URL. `{version}` in the URL stands for the version. Redirects are not
 * followed.
 */
export function httpPlace(pattern: string, settings: HttpPlaceSettings): DocumentPlace {
  const isByVersion = hasVersion(pattern);
  const nameOf = (version: number): string => {
    const url = new URL(placeOf(pattern, version));
    return url.origin + url.pathname;
  };
  const fetchBytes = async (url: string, name: string, context: ReadContext): Promise<Uint8Array | null> => {
    const { apiKey, signal } = context;
    const isOfMap = new URL(url).origin === new URL(settings.mapUrl).origin;
    const headers = apiKey !== null && isOfMap ? { Authorization: `Bearer ${apiKey}` } : {};
    const maxBytes = isByVersion ? MAX_KEY_DOCUMENT_BYTES : MAX_DOCUMENTS_BYTES;
    const request = { url, headers, etag: null, timeoutMs: settings.timeoutMs, maxBytes };
    try {
      const acquired = await acquireMap(request, monotonicMs(), settings.fetch, signal);
      return acquired.kind === 'body' ? acquired.bytes : null;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof SwitchyardError && ABSENT.has(Number(error.detail.status))) return null;
      throw unavailable(name, complaintOf(error), error);
    }
  };
  return {
    isByVersion,
    nameOf,
    async read(version, context) {
      const bytes = await fetchBytes(placeOf(pattern, version), nameOf(version), context);
      return bytes === null || isByVersion ? bytes : newestOf(bytes, version);
    },
  };
}

/**
 * Returns why a fetch failed, as the last part of a sentence. It does not use the messages of `acquireMap`, because
 * they are about service maps.
 */
function complaintOf(error: unknown): string {
  if (!(error instanceof SwitchyardError)) return rootReason(error);
  switch (codeOf(error)) {
    case 'MAP_TIMEOUT':
      return `no response came within ${error.detail.timeoutMs} ms`;
    case 'MAP_TOO_LARGE':
      return `it is larger than ${error.detail.maxBytes} bytes`;
    case 'MAP_REDIRECTED':
      return 'the server responded with a redirect, and redirects are not followed';
    default:
      return error.detail.status === undefined
        ? rootReason(error.cause ?? error)
        : `the server responded with status ${error.detail.status}`;
  }
}
