import { type AcquiredBody, type LoadTask, PROTOCOL_VERSION } from '../../src/shared/protocol/thread-messages.ts';
import { hmacTrust } from '../../src/shared/signatures/trust.ts';
import { KEY, NOW } from './signed-map.ts';

/** Creates the task of loading a map at {@link NOW} without an earlier map. By default, nothing listens at its URL. */
export function loadTask(overrides: Partial<LoadTask> = {}): LoadTask {
  return {
    version: PROTOCOL_VERSION,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
    request: { url: 'http://127.0.0.1:9/', headers: {}, etag: null, timeoutMs: 2_000, maxBytes: 1e7 },
    network: { id: 'plain', tls: null, proxy: null },
    given: null,
    known: null,
    wantsBody: true,
    policy: {
      trust: hmacTrust(KEY),
      nowMs: NOW,
      floorMs: null,
      maxSkewMs: 0,
      maxConnectors: 100_000,
      allowExpired: false,
      maxStaleMs: null,
    },
    ...overrides,
  };
}

/** Creates the body of a response that has already been received. */
export function given(bytes: Uint8Array<ArrayBuffer>): AcquiredBody {
  return { kind: 'body', bytes, etag: null, fetchMs: 0 };
}
