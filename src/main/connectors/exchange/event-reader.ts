import { createParser, type EventSourceParser } from 'eventsource-parser';
import { turns } from '../../../shared/turns.ts';
import { parseMessage, RefusedMessage } from '../../mcp/refused-message.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import { type BodyReader, type BodySink, type ByteCap, LARGE_BYTES, tooLarge, type ValueSink } from './body-sink.ts';
import { LargeLine } from './large-line.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DATA = Buffer.from('data:');
const BLANK_LINES = ['\n\n', '\r\r', '\r\n\r\n'];

/**
 * Number of bytes to read before checking whether the turn of the event loop is over: about a thousand of the shortest
 * events.
 */
const SLICE_BYTES = 8 * 1024;

/**
 * Limits for an event with several lines of data. Servers usually write JSON on one line, to which only the size limit
 * of the response applies. Further lines cost extra memory until the event ends.
 */
const MAX_LINES = 100_000;
const MAX_LINES_BYTES = 12 * 1024 * 1024;

/** Matches data that may be a JSON message. Other data, such as the literals true, false and null, is not parsed. */
const MESSAGE = /^\s*[[{"\d-]/;

/**
 * Reads server-sent events (WHATWG HTML, server-sent events) whose data is JSON. Each line goes to the parser once it
 * is complete. If the sink accepts bytes, a large line of data is passed on as it arrives.
 */
export class EventReader implements BodyReader {
  readonly #sink: BodySink;
  readonly #maxBytes: number;
  readonly #cap: ByteCap;
  readonly #parser: EventSourceParser;
  /** The last line, which is not complete yet. */
  #line = new LargeLine();
  /** Whether the last line is data; null while the line is not large. */
  #isData: boolean | null = null;
  /** Receives the rest of the last line in pieces, if the line is large and the sink wants that; null otherwise. */
  #large: ValueSink | null = null;
  #size = 0;
  #isStopped = false;
  /** Chunks that have arrived, and are read in a later turn of the event loop. */
  #waiting: Buffer[] = [];
  #isEnded = false;
  /** Number of data lines and number of bytes since the last blank line. */
  #dataLines = 0;
  #eventBytes = 0;

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

  /** The limit may change while the stream is open. */
  get #maxEventBytes(): number {
    return typeof this.#cap === 'number' ? this.#cap : this.#cap.perEvent;
  }

  take(chunk: Buffer): void {
    if (this.#isStopped) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#sink.onFailure(tooLarge(this.#maxBytes));
    else if (this.#waiting.length > 0) this.#waiting.push(chunk);
    else this.#consume(chunk);
  }

  end(): void {
    this.#isEnded = true;
    if (this.#waiting.length === 0) this.#sink.onEnd('');
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#takeLine();
  }

  /** Reads a chunk. If this takes too long, the rest is read in a later turn of the event loop. */
  #consume(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0 && !this.#isStopped; ) {
      if (this.#large !== null) rest = this.#ofLarge(rest, this.#large);
      if (this.#sink.hold !== undefined && turns.isOver) {
        if (rest.length > 0) this.#wait(rest);
        return;
      }
      this.#lines(rest.subarray(0, SLICE_BYTES));
      rest = rest.subarray(SLICE_BYTES);
    }
  }

  #wait(rest: Buffer): void {
    this.#waiting.unshift(rest);
    this.#sink.hold?.();
    turns.later(() => this.#readOn());
  }

  /** Reads the waiting chunks, until this turn of the event loop has taken long enough. */
  #readOn(): void {
    if (this.#isStopped) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [index, chunk] of waiting.entries()) {
      this.#consume(chunk);
      if (this.#isStopped) return;
      if (this.#waiting.length === 0) continue;
      this.#waiting.push(...waiting.slice(index + 1));
      return;
    }
    this.#sink.goOn?.();
    if (this.#isEnded) this.#sink.onEnd('');
  }

  #message(data: string): void {
    if (!MESSAGE.test(data)) return;
    let value: unknown;
    try {
      value = parseMessage(data);
    } catch {
      // An event that is not JSON is skipped.
      return;
    }
    // A batch (MCP 2025-03-26) is delivered as single messages.
    for (const message of Array.isArray(value) ? value : [value]) this.#sink.onValue(message);
  }

  /** Passes on the part of `chunk` that belongs to the large line, and returns the rest. */
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
    if (end > 0 && this.#mayHold(chunk.subarray(0, end))) this.#feed(chunk.subarray(0, end));
    if (end < chunk.length && !this.#isStopped) this.#keep(chunk.subarray(end));
  }

  /**
   * Counts the data lines and the bytes of the current event. Reports a failure if an event of several lines is too
   * large.
   */
  #mayHold(lines: Buffer): boolean {
    const begun = this.#line.length > 0 ? this.#line : null;
    if (begun === null ? lines[0] === DATA[0] : begun.startsWith(DATA.subarray(0, 1))) this.#dataLines += 1;
    const ends = BLANK_LINES.map((end) => lines.indexOf(end)).filter((at) => at >= 0);
    const first = Math.min(lines.length, ...ends);
    this.#dataLines += linesOfData(lines.subarray(0, first));
    this.#eventBytes += this.#line.length + first;
    const isBearable = this.#isBearable(this.#dataLines, this.#eventBytes);
    if (first < lines.length) {
      const rest = lines.subarray(Math.max(...BLANK_LINES.map((end) => lines.lastIndexOf(end))));
      this.#dataLines = linesOfData(rest);
      this.#eventBytes = rest.length;
    }
    return isBearable;
  }

  #isBearable(dataLines: number, bytes: number): boolean {
    if (dataLines <= MAX_LINES && (dataLines < 2 || bytes <= MAX_LINES_BYTES)) return true;
    this.#sink.onFailure(new UnusableAnswer('it sent an event of too many or too long lines'));
    return false;
  }

  /** Passes complete lines to the parser. The first of them completes the current line. */
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
    if (!this.#isBearable(this.#dataLines + 1, this.#eventBytes + this.#line.length)) return;
    if (this.#line.length > this.#maxEventBytes) this.#sink.onFailure(tooLarge(this.#maxEventBytes));
    else if (this.#isData === null && this.#line.length > LARGE_BYTES) this.#offer();
  }

  /** Offers the current line to the sink as bytes. If the sink declines, the line is kept until it is complete. */
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

/** Returns the number of data lines that begin after the first line of `bytes`. */
function linesOfData(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length - 1; at += 1) {
    const byte = bytes[at];
    if ((byte === LINE_FEED || byte === CARRIAGE_RETURN) && bytes[at + 1] === DATA[0]) count += 1;
  }
  return count;
}

/** Returns the index at which the first line ends, or the length of `chunk` if it does not end. */
function endOfLine(chunk: Buffer): number {
  const ends = [chunk.indexOf(LINE_FEED), chunk.indexOf(CARRIAGE_RETURN)].filter((at) => at >= 0);
  return Math.min(chunk.length, ...ends);
}
