import { createParser, type EventSourceParser } from 'eventsource-parser';
import { parseMessage, RefusedMessage } from '../../mcp/refused-message.ts';
import { type BodyReader, type BodySink, type ByteCap, LARGE_BYTES, tooLarge, type ValueSink } from './body-sink.ts';
import { LargeLine } from './large-line.ts';

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
  readonly #cap: ByteCap;
  readonly #parser: EventSourceParser;
  /** The line that has begun and not ended. */
  #line = new LargeLine();
  /** Whether that line is known to be data; null until it is large. */
  #isData: boolean | null = null;
  /** What takes the line under way. */
  #large: ValueSink | null = null;
  #size = 0;
  #isStopped = false;

  constructor(cap: ByteCap, sink: BodySink) {
    this.#sink = sink;
    this.#maxBytes = typeof cap === 'number' ? cap : Number.POSITIVE_INFINITY;
    this.#cap = cap;
    this.#parser = createParser({
      maxBufferSize: typeof cap === 'number' ? cap : (cap.most ?? cap.perEvent),
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

  /** It may change while the stream is open. */
  get #maxEventBytes(): number {
    return typeof this.#cap === 'number' ? this.#cap : this.#cap.perEvent;
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
    this.#takeLine();
  }

  #message(data: string): void {
    let value: unknown;
    try {
      value = parseMessage(data);
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
    if (end > 0) this.#feed(chunk.subarray(0, end));
    if (end < chunk.length && !this.#isStopped) this.#keep(chunk.subarray(end));
  }

  /** Hands lines that have ended to the parser, the one under way first. */
  #feed(lines: Buffer): void {
    const first = endOfLine(lines);
    if (this.#line.length > 0) this.#line.add(lines.subarray(0, first), DATA.length);
    const isData = this.#isData ?? this.#line.startsWith(DATA);
    const begun = this.#takeLine();
    if (begun instanceof RefusedMessage) {
      if (isData) this.#sink.onValue(begun);
      if (!this.#isStopped) this.#parser.feed(lines.toString('utf8', first));
    } else if (begun.length === 0) this.#parser.feed(lines.toString('utf8'));
    else this.#parser.feed(Buffer.concat([begun, lines.subarray(first)]).toString('utf8'));
  }

  #keep(rest: Buffer): void {
    this.#line.add(rest, DATA.length);
    if (this.#line.length > this.#maxEventBytes) this.#sink.onFailure(tooLarge(this.#maxEventBytes));
    else if (this.#isData === null && this.#line.length > LARGE_BYTES) this.#offer();
  }

  /** Offers the line as bytes; where nobody wants it so, it is kept until it is whole. */
  #offer(): void {
    this.#isData = this.#line.startsWith(DATA);
    if (!this.#isData || this.#line.isRefused) return;
    this.#large = this.#sink.onLargeValue(this.#line.peek().subarray(DATA.length));
    if (this.#large !== null) this.#takeLine();
  }

  #takeLine(): ReturnType<LargeLine['take']> {
    this.#isData = null;
    return this.#line.take();
  }
}

/** Where the first line ends; the length of `chunk` if it does not. */
function endOfLine(chunk: Buffer): number {
  const ends = [chunk.indexOf(LINE_FEED), chunk.indexOf(CARRIAGE_RETURN)].filter((at) => at >= 0);
  return Math.min(chunk.length, ...ends);
}
