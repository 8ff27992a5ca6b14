import { isDeepStrictEqual } from 'node:util';
import { createParser } from 'eventsource-parser';
import { UnusableAnswer } from '../../../src/main/connectors/connection/failure.ts';
import { createBodyReader } from '../../../src/main/connectors/exchange/body-reader.ts';
import type { ByteCap } from '../../../src/main/connectors/exchange/body-sink.ts';
import { ResultScanner } from '../../../src/main/connectors/exchange/result-scanner.ts';
import { readEndpoint } from '../../../src/main/connectors/sse/endpoint-address.ts';
import { LineSplitter } from '../../../src/main/connectors/stdio/line-splitter.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { parseStrictJson } from '../../../src/shared/map/strict-json.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { Random } from '../engine/random.ts';
import { naughtyStrings } from '../engine/vectors.ts';

/** Everything that the reader reports for a body. */
interface Heard {
  readonly values: unknown[];
  readonly events: [type: string, data: string][];
  readonly ids: string[];
  readonly retries: number[];
  readonly failures: Error[];
}

type Check = (body: Buffer, chunks: readonly Buffer[]) => void;

const CHECKS: Readonly<Record<string, Check>> = {
  s: checkEvents,
  c: checkCappedEvents,
  j: checkJson,
  r: checkResult,
  l: checkLines,
};

const STREAM = new URL('https://server.example/sse?a=1');

/** Maximum number of open brackets in an input. */
const MAX_DEPTH = 100;

/** Maximum event size of the readers with a size limit, in bytes. */
const SMALL_CAP = 64;

/**
 * Bodies that arrive in chunks. The first letter of an input chooses the reader: `s` server-sent events, `c` the same
 * with a small size limit, `j` a JSON body, `r` the result scanner, `l` lines. The second byte chooses where the rest
 * is split. For every split, the outcome must equal that of a reference that reads the whole body.
 */
export const target: FuzzTarget = {
  name: 'event-streams',
  covers: ['/src/main/connectors/', '/src/shared/json/'],
  seeds: () => [
    's0id: 1\nretry: 250\ndata:\n\n: a comment\r\nevent: message\r\ndata: {"text":\r\ndata: "grüße 世界"}\r\n\r\nid: 2\ndata: [7]\n\n',
    's1\ufeffevent: endpoint\rdata: /message?session=0123456789abcdef\r\revent:x\ndata\ndata\n\n',
    's2data: {"jsonrpc":"2.0","id":1,"result":{}}\n\ndata: no JSON\n\nretry: 1e3\n\nid: a\0b\n\nunknown: x\n\n',
    'c3data: {"a":1}\n\ndata: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"\n\n',
    'j0\ufeff[{"jsonrpc":"2.0","id":1,"result":{"content":[]}},2]',
    'r4{"jsonrpc":"2.0","x":[{"result":1}],"result":{"content":[{"text":"a\\"]}\\\\"}]},"id":1}',
    'l5{"a":1}\r\n\n{"b":"ü"}\n{"c":',
  ],
  dictionary: [
    ...[
      'data: ',
      'data:',
      'data',
      'event: ',
      'id: ',
      'retry: ',
      ':',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\r\r',
      '\0',
      '\ufeff',
    ],
    ...[
      'message',
      'endpoint',
      '{"jsonrpc":"2.0"}',
      '"result"',
      '"result":',
      '[',
      ']',
      '{',
      '}',
      '\\',
      '\\"',
      '\\\\',
      ',',
    ],
    ...[
      '//other.example/',
      'https://server.example:443/',
      'http:',
      '\\\\other.example',
      '/a',
      '?',
      '../',
      'javascript:',
    ],
    ...naughtyStrings(),
  ],
  start: () => ({ run: runBody }),
};

function runBody(input: Uint8Array): void {
  const [mode = 0, cut = 0] = input;
  const body = Buffer.from(input.subarray(2));
  // Deeply nested JSON is rejected by a separate rule, which this target does not check.
  if (nests(body) > MAX_DEPTH) return;
  const chunks = cutAt(body, cut);
  const check = CHECKS[String.fromCharCode(mode)] ?? checkEvents;
  check(body, chunks);
}

/** Returns an upper bound of the nesting depth of JSON in `body`. */
function nests(body: Buffer): number {
  return body.reduce((count, byte) => count + (byte === 0x5b || byte === 0x7b ? 1 : 0), 0);
}

function cutAt(body: Buffer, cut: number): readonly Buffer[] {
  if (cut === '1'.charCodeAt(0)) return [body];
  const random = new Random(cut);
  const longest = cut === '0'.charCodeAt(0) ? 1 : 1 + random.below(40);
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const next = at + 1 + random.below(longest);
    chunks.push(body.subarray(at, next));
    at = next;
  }
  return chunks;
}

function read(type: string, chunks: readonly Buffer[], cap: ByteCap): Heard {
  const heard: Heard = { values: [], events: [], ids: [], retries: [], failures: [] };
  const reader = createBodyReader(200, { 'content-type': type }, cap, {
    onValue: (value) => void heard.values.push(value),
    onEvent: (name, data) => void heard.events.push([name, data]),
    onLargeValue: () => null,
    onEventId: (id) => void heard.ids.push(id),
    onRetry: (retryMs) => void heard.retries.push(retryMs),
    onEnd: () => {},
    onFailure(error) {
      heard.failures.push(error);
      reader.stop();
    },
  });
  for (const chunk of chunks) if (heard.failures.length === 0) reader.take(chunk);
  if (heard.failures.length === 0) reader.end();
  return heard;
}

function expectedEvents(body: Buffer): Heard {
  const heard: Heard = { values: [], events: [], ids: [], retries: [], failures: [] };
  const parser = createParser({
    onId: (id) => heard.ids.push(id),
    onRetry: (retryMs) => heard.retries.push(retryMs),
    onEvent: ({ event = 'message', data }) => {
      if (data === '') return;
      if (event !== 'message') return void heard.events.push([event, data]);
      const value = parsed(data);
      if (value !== undefined) heard.values.push(...(Array.isArray(value) ? value : [value]));
    },
  });
  parser.feed(body.toString('utf8'));
  return heard;
}

function checkEvents(body: Buffer, chunks: readonly Buffer[]): void {
  const heard = read('text/event-stream', chunks, 1_000_000);
  const expected = expectedEvents(body);
  must(isDeepStrictEqual(heard, expected), `events: ${JSON.stringify(heard)} instead of ${JSON.stringify(expected)}`);
  for (const [type, data] of heard.events) if (type === 'endpoint') checkEndpoint(data);
}

/** Checks that a size limit does not change the events before the event that exceeds it. */
function checkCappedEvents(body: Buffer, chunks: readonly Buffer[]): void {
  const heard = read('text/event-stream', chunks, { perEvent: SMALL_CAP });
  const expected = expectedEvents(body);
  for (const error of heard.failures)
    must(
      error instanceof SwitchyardError && error.code === 'TOOL_RESULT_TOO_LARGE',
      `the size limit throws another error: ${error.message}`,
    );
  const said = JSON.stringify(expected.values.slice(0, heard.values.length));
  must(said === JSON.stringify(heard.values), 'a size limit changes the events before it');
  if (heard.failures.length === 0) must(heard.values.length === expected.values.length, 'a size limit drops events');
}

function checkEndpoint(data: string): void {
  try {
    const { url } = readEndpoint(data, STREAM);
    must(url.origin === STREAM.origin, `messages go to ${url.origin}`);
  } catch (error) {
    if (!(error instanceof UnusableAnswer)) throw error;
    must(data.length < 12 || !error.message.includes(data), 'an error repeats what the server sent');
  }
}

function checkJson(body: Buffer, chunks: readonly Buffer[]): void {
  const { values, failures } = read('application/json', chunks, 1_000_000);
  const value = parsed(body.toString('utf8').replace(/^\ufeff/, ''));
  const expected = value === undefined ? [] : Array.isArray(value) ? value : [value];
  must(isDeepStrictEqual(values, expected), 'a JSON body is read as another value');
  must(failures.length === (value === undefined ? 1 : 0), `${failures.length} failures`);
  for (const error of failures)
    must(error instanceof UnusableAnswer, `a JSON body fails with another error: ${error.message}`);
}

function checkResult(body: Buffer, chunks: readonly Buffer[]): void {
  const scanner = new ResultScanner();
  const result = Buffer.concat(chunks.flatMap((chunk) => scanner.take(chunk))).toString('utf8');
  const message = strictly(body);
  // A member name may be spelled with escapes; the scanner only knows the plain spelling, which all serializers use.
  if (typeof message !== 'object' || message === null || Array.isArray(message) || body.includes('\\u')) return;
  must(scanner.hasResult === Object.hasOwn(message, 'result'), 'the scanner sees a result where there is none');
  if (!('result' in message)) {
    must(result === '', 'the scanner returns something that is not a result');
    return;
  }
  must(scanner.isComplete, 'the scanner does not see the end of the message');
  must(isDeepStrictEqual(parsed(result), message.result), 'the scanner returns something other than the result');
}

function checkLines(body: Buffer, chunks: readonly Buffer[]): void {
  const splitter = new LineSplitter(1_000_000);
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  // The text after the last line feed is not yet a line.
  const whole = body.subarray(0, body.lastIndexOf('\n') + 1).toString('utf8');
  // Empty lines are skipped.
  const expected = whole.split('\n').filter((line) => line !== '');
  must(
    isDeepStrictEqual(
      lines,
      expected.map((line) => line.replace(/\r$/, '')),
    ),
    'lines are cut elsewhere',
  );
  const capped = new LineSplitter(SMALL_CAP);
  for (const chunk of chunks)
    for (const line of capped.push(chunk)) {
      if (typeof line !== 'string') return;
      must(Buffer.byteLength(line) <= SMALL_CAP * 3, 'a line is longer than the size limit');
    }
}

function strictly(bytes: Buffer): unknown {
  try {
    return parseStrictJson(bytes);
  } catch {
    return undefined;
  }
}

/** Returns undefined for a string that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
