import { createParser, type EventSourceParser } from 'eventsource-parser';
import { type BodyReader, type BodySink, type ByteCap, LARGE_BYTES, tooLarge, type ValueSink } from './body-sink.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DATA = Buffer.from('data:');

/**
 * Reads server-sent events (WHATWG HTML, server-sent events) whose data is JSON. Lines go to the parser once they are
 * whole. A line of data that is large, and wanted as bytes, is handed on as it comes.
 */
export class EventReader implements BodyReader {
  readonly #sink: BodySink;
  readonly #maxBytes: number;
  readonly #maxEventBytes: number;
  readonly #parser: EventSourceParser;
  /** The line that has begun and not ended, in the pieces in which it came. */
  #line: Buffer[] = [];
  #lineSize = 0;
  #isAsked = false;
  /** What takes the line under way. */
  #large: ValueSink | null = null;
  #size = 0;
  #isStopped = false;

  constructor(cap: ByteCap, sink: BodySink) {
    this.#sink = sink;
    this.#maxBytes = typeof cap === 'number' ? cap : Number.POSITIVE_INFINITY;
    this.#maxEventBytes = typeof cap === 'number' ? cap : cap.perEvent;
    this.#parser = createParser({
      maxBufferSize: this.#maxEventBytes,
      onId: (id) => sink.onEventId(id),
      onRetry: (retryMs) => sink.onRetry(retryMs),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') sink.onFailure(tooLarge(this.#maxEventBytes));
      },
      onEvent: ({ event = 'message', data }) => {
        // An event without data is not dispatched.
        if (data === '') return;
        if (event === 'message') this.#message(data);
        else sink.onEvent(event, data);
      },
    });
  }

  take(chunk: Buffer): void {
    if (this.#isStopped) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#sink.onFailure(tooLarge(this.#maxBytes));
    else this.#lines(this.#large === null ? chunk : this.#ofLarge(chunk, this.#large));
  }

  end(): void {
    this.#sink.onEnd('');
  }

  stop(): void {
    this.#isStopped = true;
    this.#line = [];
  }

  #message(data: string): void {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      // An event that is no JSON is passed over.
      return;
    }
    // A batch (MCP 2025-03-26) is as many messages.
    for (const message of Array.isArray(value) ? value : [value]) this.#sink.onValue(message);
  }

  /** Hands on what of `chunk` belongs to the large line; the rest. */
  #ofLarge(chunk: Buffer, large: ValueSink): Buffer {
    const end = endOfLine(chunk);
    large.write(chunk.subarray(0, end));
    if (end < chunk.length) {
      this.#large = null;
      large.end();
    }
    return chunk.subarray(end);
  }

  #lines(chunk: Buffer): void {
    const end = Math.max(chunk.lastIndexOf(LINE_FEED), chunk.lastIndexOf(CARRIAGE_RETURN)) + 1;
    if (end > 0) this.#parser.feed(Buffer.concat([...this.#takeLine(), chunk.subarray(0, end)]).toString('utf8'));
    if (end < chunk.length && !this.#isStopped) this.#keep(chunk.subarray(end));
  }

  #keep(rest: Buffer): void {
    this.#line.push(rest);
    this.#lineSize += rest.length;
    if (this.#lineSize > this.#maxEventBytes) this.#sink.onFailure(tooLarge(this.#maxEventBytes));
    else if (!this.#isAsked && this.#lineSize > LARGE_BYTES) this.#offer();
  }

  /** Offers the line as bytes; where nobody wants it so, it is kept until it is whole. */
  #offer(): void {
    this.#isAsked = true;
    const line = Buffer.concat(this.#line);
    if (!line.subarray(0, DATA.length).equals(DATA)) return;
    this.#large = this.#sink.onLargeValue(line.subarray(DATA.length));
    if (this.#large !== null) this.#takeLine();
  }

  #takeLine(): readonly Buffer[] {
    const line = this.#line;
    this.#line = [];
    this.#lineSize = 0;
    this.#isAsked = false;
    return line;
  }
}

/** Where the first line ends; the length of `chunk` if it does not. */
function endOfLine(chunk: Buffer): number {
  const ends = [chunk.indexOf(LINE_FEED), chunk.indexOf(CARRIAGE_RETURN)].filter((at) => at >= 0);
  return Math.min(chunk.length, ...ends);
}
