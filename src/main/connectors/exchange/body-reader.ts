import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip, createZstdDecompress } from 'node:zlib';
import { JsonScanner } from '../../../shared/json/json-scanner.ts';
import { parseMessage, RefusedMessage } from '../../mcp/refused-message.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import {
  type BodyReader,
  type BodySink,
  type ByteCap,
  LARGE_BYTES,
  SMALL_ANSWER_BYTES,
  tooLarge,
  type ValueSink,
} from './body-sink.ts';
import { EventReader } from './event-reader.ts';

/** Maximum number of bytes to keep of a body that is not read as messages. It is enough for a JSON-RPC error. */
const MAX_TEXT_BYTES = 64 * 1024;

/**
 * Whether a string starts with a byte order mark. Some servers write one, and a reader may skip it (RFC 8259 section
 * 8.1), as fetch does.
 */
function hasMark(text: Buffer): boolean {
  return text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf;
}

/**
 * Creates a reader for a body, with a size limit. The status and the media type decide whether the body is read as
 * JSON, as events or as plain text.
 */
export function createBodyReader(
  status: number,
  headers: IncomingHttpHeaders,
  cap: ByteCap,
  sink: BodySink,
): BodyReader {
  const type = mediaType(headers['content-type']);
  const open = (to: BodySink): BodyReader =>
    status < 300 ? readerOf(type, cap, to) : textReader(maxTextBytes(type, cap), to);
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  return encoding === 'identity' ? open(sink) : decompressing(encoding, open, status, sink);
}

function readerOf(type: string, cap: ByteCap, sink: BodySink): BodyReader {
  if (isJson(type)) return jsonReader(typeof cap === 'number' ? cap : cap.perEvent, sink);
  if (type === 'text/event-stream') return new EventReader(cap, sink);
  return textReader(MAX_TEXT_BYTES, sink);
}

/**
 * Whether a media type means JSON. Some servers use types other than `application/json`, such as `text/json` or
 * `application/json-rpc`.
 */
function isJson(type: string): boolean {
  return type === 'application/json' || /^(?:application|text)\/(?:json|json-?rpc|(?:[\w.-]+\+)json)$/.test(type);
}

/**
 * Returns how many bytes of a body to keep as text. Whatever its status, a body may be a JSON-RPC response, such as an
 * error with data.
 */
function maxTextBytes(type: string, cap: ByteCap): number {
  const mayAnswer = typeof cap === 'number' && (isJson(type) || type === 'text/event-stream');
  return mayAnswer ? Math.min(Math.max(cap, MAX_TEXT_BYTES), SMALL_ANSWER_BYTES) : MAX_TEXT_BYTES;
}

function jsonReader(maxBytes: number, sink: BodySink): BodyReader {
  const chunks: Buffer[] = [];
  let size = 0;
  let isAsked = false;
  let large: ValueSink | null = null;
  let scanner: JsonScanner | null = null;
  return {
    take(chunk) {
      size += chunk.length;
      if (size > maxBytes) return sink.onFailure(tooLarge(maxBytes));
      if (large !== null) return large.write(chunk);
      // A value that has to be refused is detected early, so that it is not kept in memory.
      const fault = scanner?.write(chunk) ?? null;
      if (fault !== null) return sink.onFailure(new UnusableAnswer(`its answer ${fault.message}`));
      chunks.push(chunk);
      if (isAsked || size <= LARGE_BYTES) return;
      isAsked = true;
      const head = Buffer.concat(chunks);
      large = sink.onLargeValue(head);
      if (large !== null) return void chunks.splice(0);
      scanner = new JsonScanner();
      const early = scanner.write(head);
      if (early !== null) sink.onFailure(new UnusableAnswer(`its answer ${early.message}`));
    },
    end() {
      if (large !== null) {
        large.end();
        return sink.onEnd('');
      }
      const [only] = chunks;
      const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
      chunks.splice(0);
      let value: unknown;
      try {
        value = parseMessage(whole.toString('utf8', hasMark(whole) ? 3 : 0));
      } catch {
        return sink.onFailure(new UnusableAnswer('the JSON in its answer is damaged'));
      }
      if (value instanceof RefusedMessage) return sink.onFailure(new UnusableAnswer(`its answer ${value.reason}`));
      // A batch (MCP 2025-03-26) is delivered as single messages.
      for (const message of Array.isArray(value) ? value : [value]) sink.onValue(message);
      sink.onEnd('');
    },
    stop: () => void chunks.splice(0),
  };
}

/** Creates a reader that keeps the first `maxBytes` of a body as text. */
function textReader(maxBytes: number, sink: BodySink): BodyReader {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    take(chunk) {
      if (size < maxBytes) chunks.push(chunk.subarray(0, maxBytes - size));
      size += chunk.length;
    },
    end: () => sink.onEnd(Buffer.concat(chunks).toString('utf8')),
    stop: () => void chunks.splice(0),
  };
}

/** Creates a reader that decompresses a body. Requests do not accept compression, but some servers compress anyway. */
function decompressing(
  encoding: string,
  open: (sink: BodySink) => BodyReader,
  status: number,
  sink: BodySink,
): BodyReader {
  // The status of a refusal is sufficient, even if its text is damaged.
  const isText = status >= 300;
  let isDamaged = false;
  let isEnded = false;
  const decoder = decoderOf(encoding);
  if (decoder === null) {
    const why = `its answer is encoded as "${encoding.slice(0, 32)}", which was not requested`;
    const refuse = (): void => sink.onFailure(new UnusableAnswer(why));
    if (isText) return { take: () => {}, end: () => sink.onEnd(''), stop: () => {} };
    return { take: refuse, end: refuse, stop: () => {} };
  }
  // A few compressed bytes may expand to many. While the body is paused, the decoder is therefore paused as well.
  const reader = open({
    onValue: (value) => sink.onValue(value),
    onEvent: (type, data) => sink.onEvent(type, data),
    onLargeValue: (head) => sink.onLargeValue(head),
    onEventId: (id) => sink.onEventId(id),
    onRetry: (retryMs) => sink.onRetry(retryMs),
    onEnd: (text) => sink.onEnd(text),
    onFailure: (error) => sink.onFailure(error),
    hold: () => void decoder.pause(),
    goOn: () => void decoder.resume(),
  });
  decoder.on('drain', () => sink.goOn?.());
  decoder.on('data', (chunk: Buffer) => reader.take(chunk));
  decoder.on('end', () => reader.end());
  decoder.on('error', () => {
    isDamaged = true;
    sink.goOn?.();
    if (!isText) sink.onFailure(new UnusableAnswer('its compressed answer is damaged'));
    else if (isEnded) sink.onEnd('');
  });
  return {
    take(chunk) {
      if (!isDamaged && !decoder.write(chunk)) sink.hold?.();
    },
    end() {
      isEnded = true;
      if (isDamaged) sink.onEnd('');
      else decoder.end();
    },
    stop() {
      reader.stop();
      decoder.destroy();
    },
  };
}

function decoderOf(encoding: string): Transform | null {
  if (encoding === 'gzip' || encoding === 'x-gzip' || encoding === 'deflate') return createUnzip();
  if (encoding === 'br') return createBrotliDecompress();
  return encoding === 'zstd' ? createZstdDecompress() : null;
}

/** Whether a response is an event stream. */
export function isEventStream(status: number, headers: IncomingHttpHeaders): boolean {
  return status < 300 && mediaType(headers['content-type']) === 'text/event-stream';
}

function mediaType(contentType: string | undefined): string {
  if (contentType === 'application/json') return contentType;
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
