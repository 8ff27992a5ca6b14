import type { IncomingMessage, ServerResponse } from 'node:http';
import { nextTurn, startTimer, type Timer } from '../../../shared/clock.ts';
import { EventWriter } from '../event-writer.ts';
import type { ListQuery } from './model/list-query.ts';
import type { StatusModel } from './model/status-reader.ts';
import { PageState } from './page-update.ts';
import type { PageViewer } from './view/page-viewer.ts';

/** Minimum interval between updates of a page. */
const TICK_MS = 1_000;

/** Maximum interval between updates of a page, in ticks. It keeps gauges current and reveals lost connections. */
const GAUGE_TICKS = 5;

/** A page that has not read everything for this many ticks is disconnected. */
const MAX_STUCK_TICKS = 30;

/** Time that a page waits before it reconnects. */
const RETRY_MS = 3_000;

interface Stream {
  readonly response: ServerResponse;
  readonly writer: EventWriter;
  readonly query: ListQuery;
  readonly page: PageState;
  /** The last tick at which the page had read everything. */
  tookAllAt: number;
}

export interface EventStreamsDeps {
  readonly read: (query: ListQuery) => StatusModel;
  /** Drops the cached model, so that the next read is fresh. */
  readonly renew: () => void;
  /** Count that grows with every change that a page may have to show. */
  readonly newsCount: () => number;
  readonly maxStreams: number;
}

/** What the server knows about an open page when the page connects to its event stream. */
export interface Listener {
  readonly query: ListQuery;
  readonly viewer: PageViewer;
  /**
   * Stamp (a hash of the content) that the page was sent with. A page with an outdated stamp receives everything again.
   */
  readonly stamp: string;
  /** Number of the last event that the page shows. */
  readonly seq: number;
}

/** Event streams of open pages, at most `maxStreams`. No timer runs while there are no streams. */
export class EventStreams {
  readonly #deps: EventStreamsDeps;
  readonly #streams = new Set<Stream>();
  #timer: Timer | null = null;
  #ticks = 0;
  #told = 0;
  #isClosed = false;

  constructor(deps: EventStreamsDeps) {
    this.#deps = deps;
  }

  get isFull(): boolean {
    return this.#isClosed || this.#streams.size >= this.#deps.maxStreams;
  }

  /**
   * Takes over a response, and sends updates until the page disconnects or the streams are closed. `headers` are added
   * to the response.
   */
  open(request: IncomingMessage, response: ServerResponse, headers: Record<string, string>, listener: Listener): void {
    const { query, viewer, stamp, seq } = listener;
    const all = { ...headers, 'content-type': 'text/event-stream; charset=utf-8' };
    // No limit is needed, because a page that has not read everything gets no further updates.
    const options = { retryMs: RETRY_MS, keepAliveMs: null, maxUnreadBytes: Number.POSITIVE_INFINITY };
    request.socket.setNoDelay(true);
    const writer = new EventWriter(response, all, options);
    const stream: Stream = { response, writer, query, page: new PageState(seq, viewer), tookAllAt: this.#ticks };
    this.#streams.add(stream);
    response.on('close', () => this.#drop(stream));
    response.on('error', () => this.#drop(stream));
    this.#deps.renew();
    const model = this.#deps.read(query);
    stream.page.adopt(model, stamp);
    this.#send(stream, model);
    if (this.#timer !== null) return;
    this.#told = this.#deps.newsCount();
    this.#timer = this.#nextTick();
  }

  /** Ends all streams. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
    for (const { writer } of this.#streams) writer.end();
    this.#streams.clear();
  }

  #nextTick(): Timer {
    const timer = startTimer(TICK_MS, () => {
      this.#ticks += 1;
      const newsCount = this.#deps.newsCount();
      const isDue = newsCount !== this.#told || this.#ticks % GAUGE_TICKS === 0;
      this.#told = newsCount;
      const told = isDue ? this.#tellAll() : Promise.resolve();
      void told.then(() => {
        // If the last page has disconnected, there is no timer any more. If another page has connected since, it has
        // its own timer.
        if (this.#timer === timer) this.#timer = this.#nextTick();
      });
    });
    return timer;
  }

  /** Updates one page per turn of the event loop, because the update of a page may search thousands of connectors. */
  async #tellAll(): Promise<void> {
    this.#deps.renew();
    for (const stream of [...this.#streams]) {
      await nextTurn();
      if (!this.#streams.has(stream)) continue;
      if (!stream.writer.isBehind) {
        stream.tookAllAt = this.#ticks;
        this.#send(stream, this.#deps.read(stream.query));
      } else if (this.#ticks - stream.tookAllAt > MAX_STUCK_TICKS) stream.response.destroy();
    }
  }

  /** Sends what has changed since the page was last updated, if anything. */
  #send({ writer, page }: Stream, model: StatusModel): void {
    const update = page.advance(model);
    if (update !== null) writer.send({ id: String(page.seq), data: JSON.stringify(update) });
  }

  #drop(stream: Stream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }
}
