import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectorProxyManager, type SignedMapManagerOptions, signServiceMap } from '../../src/main/index.ts';
import type { SignedKeyDocument } from '../../src/shared/signatures/key-document.ts';
import { type DocumentChange, payloadOf, signedBy } from './key-documents.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { type Answer, MapServer } from './map-server.ts';
import { off } from './map-under-test.ts';
import { type Json, mapOf } from './signed-map.ts';
import { jwksOf, newKey, type PrivateJwk } from './signing-keys.ts';

/** Members that replace those of a published map, and the keys that sign the map. */
type MapChange = Json & { readonly signers?: readonly PrivateJwk[]; readonly hmacKey?: string };

/** A publisher of a map and of key documents: one real server with `/map`, `/keys/1`, `/keys/2`, and so on. */
export class KeyPublisher implements AsyncDisposable {
  /** The key that hosts are configured with, followed by the key of each document version. */
  readonly keys: PrivateJwk[] = [newKey('key-0')];
  readonly documents: SignedKeyDocument[] = [];
  readonly #server: MapServer;
  #map: Answer = (_, response) => response.writeHead(404).end();
  #documents: Answer | null = null;
  #generatedAtMs = 0;

  private constructor(server: MapServer) {
    this.#server = server;
    server.answer((request, response) => {
      const version = Number(/^\/keys\/(\d+)/.exec(request.url ?? '')?.[1]);
      if (Number.isNaN(version)) this.#map(request, response);
      else if (this.#documents !== null) this.#documents(request, response);
      else if (this.documents[version - 1] === undefined) response.writeHead(404).end();
      else response.end(JSON.stringify(this.documents[version - 1]));
    });
  }

  static async start(): Promise<KeyPublisher> {
    return new KeyPublisher(await MapServer.start());
  }

  get mapUrl(): string {
    return this.#server.url;
  }

  get keysUrl(): string {
    return new URL('/keys/{version}', this.#server.url).href.replace('%7Bversion%7D', '{version}');
  }

  /** The key of the newest document. */
  get key(): PrivateJwk {
    return this.keys.at(-1) as PrivateJwk;
  }

  /** Paths of the requests, oldest first, such as `map` or `keys/3`. */
  get asked(): string[] {
    return this.#server.requests.map(({ url }) => String(url).slice(1));
  }

  /** Publishes a document with a new key. Both the previous and the new key sign the document. */
  rotate(change: DocumentChange = {}): SignedKeyDocument {
    const before = this.key;
    const key = newKey(`key-${this.keys.length}`);
    const document = signedBy([before, key], payloadOf(this.documents.length + 1, [key], change));
    this.keys.push(key);
    this.documents.push(document);
    return document;
  }

  /** Publishes this document next. */
  publish(document: SignedKeyDocument): void {
    this.documents.push(document);
  }

  /** Serves a newer map from now on, and returns its bytes. By default, the current key signs the map. */
  serve(
    connectors: readonly Json[] = [off('a')],
    { signers = [this.key], hmacKey, ...overrides }: MapChange = {},
  ): Uint8Array {
    this.#generatedAtMs = Math.max(Date.now(), this.#generatedAtMs + 1);
    const map = mapOf(connectors, { generatedAt: new Date(this.#generatedAtMs).toISOString(), ...overrides });
    const bytes = new TextEncoder().encode(JSON.stringify(signServiceMap(map, { keys: signers, hmacKey })));
    this.serveBytes(bytes);
    return bytes;
  }

  serveBytes(bytes: Uint8Array): void {
    const etag = `"${Buffer.from(bytes).toString('base64url').slice(-40)}"`;
    this.answerMap((request, response) => {
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag }).end(bytes);
    });
  }

  /** Sets the response to requests for the map. */
  answerMap(answer: Answer): void {
    this.#map = answer;
  }

  /** Sets the response to requests for key documents. With null, serves the documents again. */
  answerKeys(answer: Answer | null): void {
    this.#documents = answer;
  }

  /** Writes each document to its own file in a folder. Returns the pattern of the paths. */
  writeTo(folder: string): string {
    for (const [index, document] of this.documents.entries())
      writeFileSync(join(folder, `${index + 1}.json`), JSON.stringify(document));
    return join(folder, '{version}.json');
  }

  /** Writes all documents to one file, and returns its path. */
  writeAllTo(folder: string): string {
    const path = join(folder, 'all.json');
    writeFileSync(path, JSON.stringify(this.documents));
    return path;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}

/** Creates a manager for the publisher's map, without background refresh. It trusts the publisher's first key. */
export function follower(
  publisher: KeyPublisher,
  options: Partial<SignedMapManagerOptions> = {},
): ConnectorProxyManager & { readonly lines: readonly LogLine[]; readonly complaints: () => string[] } {
  const logger = recordingLogger();
  const manager = new ConnectorProxyManager({
    serviceMapUrl: publisher.mapUrl,
    signatureKeys: jwksOf(publisher.keys[0] as PrivateJwk),
    keyDocuments: publisher.keysUrl,
    logger,
    sleep: async () => {},
    offload: 'never',
    proxy: false,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 60_000 },
    ...options,
  });
  const complaints = (): string[] =>
    logger.lines
      .filter(({ level, fields }) => (level === 'warn' || level === 'error') && fields.code !== undefined)
      .map(({ fields }) => `${fields.event} ${fields.code}`);
  return Object.assign(manager, { lines: logger.lines, complaints });
}
