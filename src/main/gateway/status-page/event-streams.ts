import type { IncomingMessage, ServerResponse } from 'node:http';
import { nextTurn, startTimer, type Timer } from '../../../shared/clock.ts';
import type { ListQuery } from './model/list-query.ts';
import type { StatusModel } from './model/status-reader.ts';
import { PageState } from './page-update.ts';

/** Pages are told what is new at most this often. */
const TICK_MS = 1_000;

/** How often they are told something at all: gauges move, and a peer that is gone is noticed. */
const GAUGE_TICKS = 5;

/** A page that does not take what it was sent for so long is let go. */
const MAX_STUCK_TICKS = 30;

interface Stream {
  readonly response: ServerResponse;
  readonly query: ListQuery;
  readonly page: PageState;
  /** The tick at which it last had taken everything. */
  tookAllAt: number;
}

export interface EventStreamsDeps {
  readonly read: (query: ListQuery) => StatusModel;
  /** Has what is read next be as it is now. */
  readonly renew: () => void;
  /** Grows with everything that a page may have to be told. */
  readonly newsCount: () => number;
  readonly maxStreams: number;
}

/** What an open page says of itself when it starts to listen. */
export interface Listener {
  readonly query: ListQuery;
  /** The stamp it was sent with; one that is not that of now gets everything anew. */
  readonly stamp: string;
  /** The last event that it shows. */
  readonly seq: number;
}

/** The pages that are open and listen, a bounded number of them. Nothing runs while there are none. */
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

  /** Takes over an answer whose head is to be `headers`, until either side ends it. */
  open(request: IncomingMessage, response: ServerResponse, headers: Record<string, string>, listener: Listener): void {
    const { query, stamp, seq } = listener;
    const stream: Stream = { response, query, page: new PageState(seq), tookAllAt: this.#ticks };
    this.#streams.add(stream);
    response.on('close', () => this.#drop(stream));
    response.on('error', () => this.#drop(stream));
    request.socket.setNoDelay(true);
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('retry: 3000\n\n');
    this.#deps.renew();
    const model = this.#deps.read(query);
    stream.page.adopt(model, stamp);
    this.#send(stream, model);
    if (this.#timer !== null) return;
    this.#told = this.#deps.newsCount();
    this.#timer = this.#nextTick();
  }

  /** Ends all of them. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
    for (const { response } of this.#streams) response.end();
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
        // Meanwhile the last page may have gone, and another come, which has a timer of its own.
        if (this.#timer === timer) this.#timer = this.#nextTick();
      });
    });
    return timer;
  }

  /** One page in a turn of the event loop: each may look for something else among thousands of connectors. */
  async #tellAll(): Promise<void> {
    this.#deps.renew();
    for (const stream of [...this.#streams]) {
      await nextTurn();
      if (!this.#streams.has(stream)) continue;
      if (!stream.response.writableNeedDrain) {
        stream.tookAllAt = this.#ticks;
        this.#send(stream, this.#deps.read(stream.query));
      } else if (this.#ticks - stream.tookAllAt > MAX_STUCK_TICKS) stream.response.destroy();
    }
  }

  /** What is left out now is in what is sent next. */
  #send({ response, page }: Stream, model: StatusModel): void {
    const update = page.advance(model);
    if (update !== null) response.write(`id: ${page.seq}\ndata: ${JSON.stringify(update)}\n\n`);
  }

  #drop(stream: Stream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }
}
