import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createBrotliDecompress, createUnzip, createZstdDecompress } from 'node:zlib';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { SwitchyardError } from '../../../shared/errors.ts';
import { UnusableAnswer } from '../failure.ts';

/** Whom a body tells what it holds. */
export interface BodySink {
  onValue(value: unknown): void;
  onEventId(id: string): void;
  onRetry(retryMs: number): void;
  onEnd(text: string): void;
  onFailure(error: Error): void;
}

/** Takes the bytes of an answer as they come. */
export interface BodyReader {
  take(chunk: Buffer): void;
  end(): void;
  /** Nothing more is wanted of it. */
  stop(): void;
}

/** What is kept of a body that nobody reads as messages: enough for a JSON-RPC error. */
const MAX_TEXT_BYTES = 64 * 1024;

/** What some write before UTF-8; a reader may pass over it (RFC 8259 section 8.1), as fetch does. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Cap on one event of a stream that stays open and is not capped itself, in characters. */
const MAX_EVENT_LENGTH = 1024 * 1024;

/** Reads a body as JSON, as events or as mere text, by its status and its type, and caps it at `maxBytes` after decompression. */
export function createBodyReader(
  status: number,
  headers: IncomingHttpHeaders,
  maxBytes: number,
  sink: BodySink,
): BodyReader {
  const type = status < 300 ? mediaType(headers['content-type']) : '';
  const reader = readerOf(type, maxBytes, sink);
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  return encoding === 'identity' ? reader : decompressing(encoding, reader, status, sink);
}

function readerOf(type: string, maxBytes: number, sink: BodySink): BodyReader {
  if (type === 'application/json') return jsonReader(maxBytes, sink);
  if (type === 'text/event-stream') return eventReader(maxBytes, sink);
  return textReader(sink);
}

function jsonReader(maxBytes: number, sink: BodySink): BodyReader {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    take(chunk) {
      size += chunk.length;
      if (size > maxBytes) return sink.onFailure(tooLarge(maxBytes));
      chunks.push(chunk);
    },
    end() {
      const [only] = chunks;
      const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
      let value: unknown;
      try {
        value = JSON.parse(whole.toString('utf8', whole.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0));
      } catch {
        return sink.onFailure(new UnusableAnswer('the JSON that it answered is damaged'));
      }
      // A batch (MCP 2025-03-26) is as many messages.
      for (const message of Array.isArray(value) ? value : [value]) sink.onValue(message);
      sink.onEnd('');
    },
    stop: () => void chunks.splice(0),
  };
}

function eventReader(maxBytes: number, sink: BodySink): BodyReader {
  const decoder = new StringDecoder('utf8');
  const maxEventLength = Number.isFinite(maxBytes) ? maxBytes : MAX_EVENT_LENGTH;
  let size = 0;
  let isStopped = false;
  const parser: EventSourceParser = createParser({
    maxBufferSize: maxEventLength,
    onId: (id) => sink.onEventId(id),
    onEvent({ event, data }) {
      if ((event !== undefined && event !== 'message') || data === '') return;
      let value: unknown;
      try {
        value = JSON.parse(data);
      } catch {
        // An event that is no JSON is passed over, as one of another type is.
        return;
      }
      sink.onValue(value);
    },
    onRetry: (retryMs) => sink.onRetry(retryMs),
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') sink.onFailure(tooLarge(maxEventLength));
    },
  });
  return {
    take(chunk) {
      if (isStopped) return;
      size += chunk.length;
      if (size > maxBytes) sink.onFailure(tooLarge(maxBytes));
      else parser.feed(decoder.write(chunk));
    },
    end: () => sink.onEnd(''),
    stop() {
      isStopped = true;
    },
  };
}

function textReader(sink: BodySink): BodyReader {
  let text = '';
  return {
    take(chunk) {
      if (text.length < MAX_TEXT_BYTES) text += chunk.toString('utf8', 0, MAX_TEXT_BYTES);
    },
    end: () => sink.onEnd(text),
    stop: () => {},
  };
}

/** Compression is not asked for; what comes compressed all the same is read. */
function decompressing(encoding: string, reader: BodyReader, status: number, sink: BodySink): BodyReader {
  // A status says by itself what it says, such as that credentials are refused, whatever is wrong with the text beside it.
  const isText = status >= 300;
  let isDamaged = false;
  let isEnded = false;
  const decoder = decoderOf(encoding);
  if (decoder === null) {
    const why = `its answer is encoded as "${encoding.slice(0, 32)}", which was not asked for`;
    const refuse = (): void => sink.onFailure(new UnusableAnswer(why));
    if (isText) return { take: () => {}, end: () => sink.onEnd(''), stop: () => {} };
    return { take: refuse, end: refuse, stop: () => {} };
  }
  decoder.on('data', (chunk: Buffer) => reader.take(chunk));
  decoder.on('end', () => reader.end());
  decoder.on('error', () => {
    isDamaged = true;
    if (!isText) sink.onFailure(new UnusableAnswer('its compressed answer is damaged'));
    else if (isEnded) sink.onEnd('');
  });
  return {
    take(chunk) {
      if (!isDamaged) decoder.write(chunk);
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

/** Whether an answer is an event stream. */
export function isEventStream(status: number, headers: IncomingHttpHeaders): boolean {
  return status < 300 && mediaType(headers['content-type']) === 'text/event-stream';
}

function mediaType(contentType: string | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function tooLarge(maxBytes: number): SwitchyardError {
  return new SwitchyardError(
    'TOOL_RESULT_TOO_LARGE',
    `The connector answered with more than ${maxBytes} bytes; the answer was cut off.`,
    { detail: { maxBytes } },
  );
}
