import { describe, expect, it } from 'vitest';
import { acquireCurrentMap, acquireMap, type FetchMap } from '../../../src/shared/load/acquire.ts';
import type { MapRequest } from '../../../src/shared/protocol/thread-messages.ts';
import { loadTask } from '../../helpers/load-task.ts';
import { NOW } from '../../helpers/signed-map.ts';

const { request } = loadTask();
const never = new AbortController().signal;

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly parts?: readonly string[];
}

/** Creates a fetch that returns these responses in turn, and records its requests. */
function fetchOf(...answers: readonly Answer[]) {
  const asked: { readonly url: string; readonly headers: Record<string, string>; readonly redirect: string }[] = [];
  let cancelled = 0;
  const fetch: FetchMap = async (url, { headers, redirect }) => {
    const { status = 200, headers: sent = {}, parts = [] } = answers[asked.length] ?? {};
    asked.push({ url, headers, redirect });
    const body = {
      async *[Symbol.asyncIterator]() {
        for (const part of parts) yield Buffer.from(part);
      },
      cancel: async () => {
        cancelled += 1;
      },
    };
    return { status, headers: { get: (name) => sent[name] ?? null }, body };
  };
  return { fetch, asked, cancelled: () => cancelled };
}

const acquire = (fetch: FetchMap, more: Partial<MapRequest> = {}): ReturnType<typeof acquireMap> =>
  acquireMap({ ...request, ...more }, NOW, fetch, never);

describe('acquireMap', () => {
  it('acquireMap() joins the chunks of a body and returns its ETag', async () => {
    const { fetch, asked } = fetchOf({ parts: ['{"a"', ':1}'], headers: { etag: '"1"' } });
    const acquired = await acquire(fetch, { headers: { authorization: 'x' } });
    expect(acquired).toMatchObject({ kind: 'body', bytes: new Uint8Array(Buffer.from('{"a":1}')), etag: '"1"' });
    expect(asked).toMatchObject([{ redirect: 'manual', headers: { Accept: 'application/json', authorization: 'x' } }]);
    expect(asked[0]?.headers).not.toHaveProperty('If-None-Match');
  });

  it('acquireMap() sends the known ETag and accepts status 304', async () => {
    const { fetch, asked } = fetchOf({ status: 304 });
    expect(await acquire(fetch, { etag: '"1"' })).toMatchObject({ kind: 'not-modified' });
    expect(asked[0]?.headers['If-None-Match']).toBe('"1"');
  });

  it.each([
    [0, 'MAP_REDIRECTED'],
    [204, 'MAP_HTTP_STATUS'],
    [301, 'MAP_REDIRECTED'],
    [304, 'MAP_NOT_MODIFIED_UNASKED'],
    [401, 'MAP_UNAUTHORIZED'],
    [403, 'MAP_UNAUTHORIZED'],
    [407, 'MAP_PROXY'],
    [429, 'MAP_RATE_LIMITED'],
    [500, 'MAP_HTTP_STATUS'],
  ])('acquireMap() rejects status %i with %s and cancels the body', async (status, code) => {
    const it = fetchOf({ status });
    await expect(acquire(it.fetch)).rejects.toMatchObject({ code, detail: { status } });
    expect(it.cancelled()).toBe(1);
  });

  it('acquireMap() reports the retry delay that the server requests', async () => {
    const { fetch } = fetchOf({ status: 503, headers: { 'retry-after': '7' } });
    await expect(acquire(fetch)).rejects.toMatchObject({ detail: { status: 503, retryAfterMs: 7_000 } });
  });

  it('acquireMap() rejects a body one byte above the size limit', async () => {
    const parts = ['12', '34'];
    expect(await acquire(fetchOf({ parts }).fetch, { maxBytes: 4 })).toMatchObject({ kind: 'body' });
    await expect(acquire(fetchOf({ parts }).fetch, { maxBytes: 3 })).rejects.toMatchObject({ code: 'MAP_TOO_LARGE' });
  });

  it('acquireMap() reports the URL without its query, which may contain a token', async () => {
    const fail: FetchMap = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
    const failed = acquire(fail, { url: 'http://maps.example/map?token=abc' });
    await expect(failed).rejects.toMatchObject({
      code: 'MAP_DNS',
      message: expect.stringMatching(/^(?!.*abc).*maps\.example\/map/),
    });
  });

  it('acquireMap() times out even if the fetch function ignores its signal', async () => {
    const deaf: FetchMap = () => new Promise(() => {});
    await expect(acquire(deaf, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'MAP_TIMEOUT' });
  });

  it('acquireMap() rejects with the reason of its signal', async () => {
    const deaf: FetchMap = () => new Promise(() => {});
    const stop = acquireMap(request, NOW, deaf, AbortSignal.abort(new Error('closed')));
    await expect(stop).rejects.toThrow('closed');
  });
});

describe('acquireCurrentMap', () => {
  const known = (expiresAtMs: number) =>
    loadTask({ request: { ...request, etag: '"1"' }, known: { bodySha256: 'x', digests: {} as never, expiresAtMs } });

  it('acquireCurrentMap() requests the complete map if a 304 confirms a map that has expired', async () => {
    const { fetch, asked } = fetchOf({ status: 304 }, { parts: ['{}'] });
    expect(await acquireCurrentMap(known(NOW), fetch, never)).toMatchObject({ kind: 'body' });
    expect(asked.map(({ headers }) => headers['If-None-Match'])).toEqual(['"1"', undefined]);
    expect(asked[0]?.headers.traceparent).toBe(loadTask().traceparent);
  });

  it('acquireCurrentMap() accepts a 304 for a map that is still valid', async () => {
    const { fetch, asked } = fetchOf({ status: 304 });
    expect(await acquireCurrentMap(known(NOW + 1), fetch, never)).toMatchObject({ kind: 'not-modified' });
    expect(asked).toHaveLength(1);
  });
});
