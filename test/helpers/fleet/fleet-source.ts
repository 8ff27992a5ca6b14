import { createHash } from 'node:crypto';
import { MapServer } from '../map-server.ts';
import { entry, type Json, KEY, mapOf, signed, signedWith } from '../signed-map.ts';
import type { PrivateJwk } from '../signing-keys.ts';

/** One request that reached the source. */
export interface SourceRequest {
  /** Time of the request, in epoch ms. */
  readonly at: number;
  readonly status: number;
  /** The query of the request's URL, which identifies the requesting host; empty if the URL has no query. */
  readonly from: string;
}

export interface FleetSourceOptions {
  /** Private keys that sign maps instead of the HMAC key. */
  readonly keys?: readonly PrivateJwk[];
  readonly ttlSeconds?: number;
  /** Returns additional members for the entry with this id. */
  readonly entryOf?: (id: string) => Json;
}

/** A published map. */
export interface PublishedAt {
  readonly generatedAtMs: number;
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The source of one signed map. It is a real server that records its requests. */
export class FleetSource implements AsyncDisposable {
  readonly requests: SourceRequest[] = [];
  readonly #server: MapServer;
  readonly #options: FleetSourceOptions;
  #status = 200;
  #retryAfterSeconds: number | null = null;
  #current: PublishedAt | null = null;
  #etag = '';

  private constructor(server: MapServer, options: FleetSourceOptions) {
    this.#server = server;
    this.#options = options;
    server.answer((request, response) => {
      const isSame = this.#status === 200 && request.headers['if-none-match'] === this.#etag;
      const status = isSame ? 304 : this.#status;
      this.requests.push({ at: Date.now(), status, from: new URL(request.url ?? '/', 'http://x').search });
      const headers = this.#retryAfterSeconds === null ? {} : { 'retry-after': String(this.#retryAfterSeconds) };
      if (status === 200) response.writeHead(200, { etag: this.#etag }).end(this.#current?.bytes);
      else response.writeHead(status, headers).end();
    });
  }

  static async start(ids: readonly string[], options: FleetSourceOptions = {}): Promise<FleetSource> {
    const source = new FleetSource(await MapServer.start(), options);
    source.publish(ids);
    return source;
  }

  get url(): string {
    return this.#server.url;
  }

  get current(): PublishedAt {
    if (this.#current === null) throw new Error('The source has no map');
    return this.#current;
  }

  /** Signs and serves a newer map of these connectors, all of them disabled. */
  publish(ids: readonly string[]): PublishedAt {
    return this.prepare(ids)();
  }

  /** Signs a map, which takes a second if it is large. Calling the returned function serves this map. */
  prepare(ids: readonly string[]): () => PublishedAt {
    const generatedAtMs = Math.max(Date.now(), (this.#current?.generatedAtMs ?? 0) + 1);
    const bytes = this.sign(ids, generatedAtMs);
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
    return () => {
      this.#etag = etag;
      this.#current = { generatedAtMs, at: Date.now(), bytes };
      return this.#current;
    };
  }

  /** Returns the bytes of a map as this source signs it. With another `key`, the map is a forgery. */
  sign(ids: readonly string[], generatedAtMs: number, key: string = KEY): Uint8Array<ArrayBuffer> {
    const { keys, ttlSeconds = 7_200, entryOf } = this.#options;
    const entries: Json[] = ids.map((id) => entry(id, { status: 'disabled', ...entryOf?.(id) }));
    const map = mapOf(entries, { generatedAt: new Date(generatedAtMs).toISOString(), ttlSeconds });
    return keys === undefined ? signed(map, key) : signedWith(map, keys);
  }

  /** Responds to all later requests with this status. With 200, serves the map again. */
  answerWith(status: number, retryAfterSeconds: number | null = null): void {
    this.#status = status;
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  /** Returns the requests since this time, in epoch ms. */
  since(atMs: number): readonly SourceRequest[] {
    return this.requests.filter(({ at }) => at >= atMs);
  }

  /** Returns the highest number of requests within one second since this time. */
  peakSince(atMs: number): number {
    const times = this.since(atMs).map(({ at }) => at);
    return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}
