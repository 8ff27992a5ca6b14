import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyReader } from '../../../../src/main/connectors/exchange/body-reader.ts';
import type { ByteCap } from '../../../../src/main/connectors/exchange/body-sink.ts';

interface Read {
  readonly values: unknown[];
  readonly events: [type: string, data: string][];
  readonly ids: string[];
  readonly retries: number[];
  readonly ends: string[];
  readonly failures: Error[];
}

const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' };
const JSON_TYPE = { 'content-type': 'Application/JSON; charset=utf-8' };

/** Reads chunks to the end, and resolves when no more events can arrive. */
async function read(
  headers: Record<string, string>,
  chunks: readonly Uint8Array[],
  { maxBytes = 10_000, status = 200 }: { maxBytes?: ByteCap; status?: number } = {},
): Promise<Read> {
  const got: Read = { values: [], events: [], ids: [], retries: [], ends: [], failures: [] };
  const { promise, resolve } = Promise.withResolvers<void>();
  const reader = createBodyReader(status, headers, maxBytes, {
    onValue: (value) => void got.values.push(value),
    onEvent: (type, data) => void got.events.push([type, data]),
    onLargeValue: () => null,
    onEventId: (id) => void got.ids.push(id),
    onRetry: (ms) => void got.retries.push(ms),
    onEnd(text) {
      got.ends.push(text);
      resolve();
    },
    onFailure(error) {
      got.failures.push(error);
      reader.stop();
      resolve();
    },
  });
  for (const chunk of chunks) if (got.failures.length === 0) reader.take(Buffer.from(chunk));
  if (got.failures.length === 0) reader.end();
  await promise;
  return got;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('JSON body', () => {
  it('a JSON body is read as one value, or as the values of a batch', async () => {
    expect(await read(JSON_TYPE, [bytes('{"a":'), bytes('"ü"}')])).toMatchObject({ values: [{ a: 'ü' }], ends: [''] });
    expect(await read(JSON_TYPE, [bytes('[1,2]')])).toMatchObject({ values: [1, 2] });
  });

  it.each(['', '{', 'null null', '<html>'])('the JSON body %j is reported as damaged', async (text) => {
    const { values, failures } = await read(JSON_TYPE, [bytes(text)]);
    expect([values, failures.map(({ message }) => message)]).toEqual([[], ['the JSON in its answer is damaged']]);
  });

  it('a JSON body is rejected as soon as it exceeds the size limit', async () => {
    const { failures } = await read(JSON_TYPE, [bytes('"'), new Uint8Array(11)], { maxBytes: 10 });
    expect(failures).toMatchObject([{ code: 'TOOL_RESULT_TOO_LARGE', detail: { maxBytes: 10 } }]);
  });
});

describe('event stream', () => {
  const stream = bytes(
    '\ufeffid: 1\nretry: 250\ndata:\n\n: a comment\r\nevent: message\r\ndata: {"text":\r\ndata: "grüße 世界"}\r\n\r\nevent: other\ndata: {"no":1}\n\ndata: no JSON\n\nid: 2\ndata: 7\n\n',
  );
  const expected = {
    values: [{ text: 'grüße 世界' }, 7],
    events: [['other', '{"no":1}']],
    ids: ['1', '2'],
    retries: [250],
    ends: [''],
    failures: [],
  };

  it('messages, other events, ids and retry delays are read from an event stream', async () => {
    expect(await read(EVENTS, [stream])).toEqual(expected);
  });

  it.each(['\n', '\r', '\r\n'])(
    'an event is read as soon as the blank line after it arrives, with %j as line end',
    async (end) => {
      const got = await read(EVENTS, [bytes(`event: endpoint${end}data: /m${end}${end}data: 1${end}${end}`)]);
      expect(got).toMatchObject({ events: [['endpoint', '/m']], values: [1] });
    },
  );

  it('the messages of a batch in an event stream are returned one by one', async () => {
    const got = await read(EVENTS, [bytes('data: [{"id":1},{"id":2}]\n\ndata: []\n\ndata: [[3]]\n\n')]);
    expect(got.values).toEqual([{ id: 1 }, { id: 2 }, [3]]);
  });

  it('the same events are read wherever an event stream is split', async () => {
    for (let cut = 1; cut < stream.length; cut += 1) {
      expect(await read(EVENTS, [stream.subarray(0, cut), stream.subarray(cut)])).toEqual(expected);
    }
    expect(
      await read(
        EVENTS,
        [...stream].map((byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(expected);
  });

  it('an event stream that exceeds the size limit is rejected, whether it contains one event or many', async () => {
    const many = Array.from({ length: 20 }, () => bytes('data: 1\n\n'));
    expect((await read(EVENTS, many, { maxBytes: 100 })).failures).toMatchObject([{ code: 'TOOL_RESULT_TOO_LARGE' }]);
    const endless = Array.from({ length: 20 }, () => bytes('data: x'));
    expect((await read(EVENTS, endless, { maxBytes: 100 })).failures).toMatchObject([
      { code: 'TOOL_RESULT_TOO_LARGE' },
    ]);
  });

  it('the size limit of an event stream that stays open applies to each event, not to the whole stream', async () => {
    const long = Array.from({ length: 2_000 }, () => bytes(`data: "${'x'.repeat(1_000)}"\n\n`));
    const { values, failures } = await read(EVENTS, long, { maxBytes: { perEvent: 1_000_000 } });
    expect([values.length, failures]).toEqual([2_000, []]);
    const endless = [bytes('data: '), ...Array.from({ length: 2_000 }, () => bytes('x'.repeat(1_000)))];
    const { failures: refused } = await read(EVENTS, endless, { maxBytes: { perEvent: 1_000_000 } });
    expect(refused).toMatchObject([{ code: 'TOOL_RESULT_TOO_LARGE' }]);
  });
});

describe('compressed body', () => {
  const plain = bytes('{"a":1}');

  it.each([
    ['gzip', gzipSync(plain)],
    ['deflate', deflateSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['zstd', zstdCompressSync(plain)],
    ['identity', plain],
  ])(
    'a body with the content encoding %s is decoded, even if no compression was requested',
    async (encoding, chunk) => {
      expect(await read({ ...JSON_TYPE, 'content-encoding': encoding }, [chunk])).toMatchObject({ values: [{ a: 1 }] });
    },
  );

  it('the size limit of a compressed body counts its decompressed bytes', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const { failures } = await read({ ...JSON_TYPE, 'content-encoding': 'gzip' }, [bomb], { maxBytes: 100_000 });
    expect(failures).toMatchObject([{ code: 'TOOL_RESULT_TOO_LARGE' }]);
  });

  it.each([
    ['gzip', 'its compressed answer is damaged'],
    ['rot13', 'its answer is encoded as "rot13", which was not requested'],
  ])('an uncompressed body with the content encoding %s is rejected', async (encoding, message) => {
    const { failures } = await read({ ...JSON_TYPE, 'content-encoding': encoding }, [plain]);
    expect(failures.map((failure) => failure.message)).toEqual([message]);
  });
});

describe('body of any other type', () => {
  it('only the beginning of a body that is neither JSON nor an event stream is kept, as text', async () => {
    const { values, ends } = await read({ 'content-type': 'text/html' }, [bytes('<p>'), bytes('x'.repeat(100_000))]);
    expect([values, ends[0]?.slice(0, 4)]).toEqual([[], '<p>x']);
    expect(ends[0]?.length).toBeLessThan(200_000);
  });

  it('a body with an error status is kept as text, whatever its type', async () => {
    expect(await read(JSON_TYPE, [bytes('{"error":1}')], { status: 400 })).toMatchObject({
      values: [],
      ends: ['{"error":1}'],
    });
  });

  it('a body of any bytes is reported exactly once as complete or as failed', async () => {
    const header = fc.record({
      'content-type': fc.constantFrom('application/json', 'text/event-stream', 'text/plain', ''),
      'content-encoding': fc.constantFrom('identity', 'gzip', 'br', 'what'),
    });
    await fc.assert(
      fc.asyncProperty(
        header,
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }),
        async (headers, chunks) => {
          const { ends, failures } = await read(headers, chunks, { maxBytes: 300 });
          expect(ends.length + failures.length).toBe(1);
        },
      ),
      { numRuns: 200 },
    );
  });
});
