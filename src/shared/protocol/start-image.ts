import { hash } from 'node:crypto';
import type { RememberedConnector } from '../tools/tool-records.ts';
import type { SourceFacts, StoredMap } from './writer-messages.ts';

/**
 * The start image: the data that the next start needs first, in one file that is read without waiting for any thread.
 * It is a copy of the store's data and may be outdated or missing; the store is read afterwards.
 *
 *     image = frame(header) frame(body of a map)* frame(connector)*
 *     frame = length (u32 LE) SHA-256 (32 bytes) payload
 *
 * A frame that is truncated or fails its checksum ends the image; the frames before it count.
 */
export interface StartImageHeader {
  /** Raised with every change of the file format; images of another format are skipped. */
  readonly format: number;
  readonly scope: string;
  /** Id of the store that the image is a copy of. */
  readonly storeId: string;
  /** Number of connectors in the store. If fewer follow in the image, only the store has the rest. */
  readonly connectorCount: number;
  /** The maps whose bodies follow, in their order. */
  readonly maps: readonly StartImageMap[];
}

/** A map, and the facts that decide which signatures it needs. */
export interface EarlyMap {
  readonly map: StoredMap;
  readonly facts: SourceFacts;
}

/** A map in the image without its body. The field names are a file format: `sourceId` is the store key. */
interface StartImageMap extends Omit<StoredMap, 'body' | 'storeKey'> {
  readonly sourceId: string;
  readonly facts: SourceFacts;
}

/** Creates the header's description of a map whose body follows. */
export function startImageMap({ map, facts }: EarlyMap): StartImageMap {
  const { storeKey, etag, generatedAtMs, savedAtMs } = map;
  return { sourceId: storeKey, etag, generatedAtMs, savedAtMs, facts };
}

export interface StartImage {
  readonly header: StartImageHeader;
  readonly maps: readonly EarlyMap[];
  /** Decoded one at a time, so that the caller can pause in between. */
  readonly connectors: Iterable<RememberedConnector>;
}

export const START_IMAGE_FORMAT = 3;

/**
 * Maximum size of a map. Larger maps are verified on a worker thread. Starting that thread takes longer than reading
 * the store, so the image would save nothing.
 */
export const START_IMAGE_MAX_MAP_BYTES = 64 * 1024;

const CHECKSUM_BYTES = 32;
const HEAD_BYTES = 4 + CHECKSUM_BYTES;

/** Returns the name of a scope's image within the store's folder. */
export function startImageName(scope: string): string {
  return `start-${scope.slice(0, 16)}.img`;
}

/** Creates a frame around a payload. */
export function frameOf(payload: string | Uint8Array): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(bytes.length);
  head.set(hash('sha256', bytes, 'buffer'), 4);
  return Buffer.concat([head, bytes]);
}

/** Reads an image of this scope; null if it is invalid, or has another format or scope. */
export function readStartImage(bytes: Buffer, scope: string): StartImage | null {
  const frames = framesOf(bytes);
  const header = jsonOf<StartImageHeader>(frames.next().value ?? null);
  if (header?.format !== START_IMAGE_FORMAT || header.scope !== scope) return null;
  const maps: EarlyMap[] = [];
  for (const map of header.maps) {
    const body: Buffer | undefined = frames.next().value ?? undefined;
    // The body is copied, because it is passed on and transferred.
    if (body === undefined) continue;
    const { sourceId: storeKey, etag, generatedAtMs, savedAtMs, facts } = map;
    maps.push({ map: { storeKey, etag, body: new Uint8Array(body), generatedAtMs, savedAtMs }, facts });
  }
  return { header, maps, connectors: connectorsOf(frames) };
}

function* connectorsOf(frames: Iterable<Buffer>): Generator<RememberedConnector> {
  for (const frame of frames) {
    const connector = jsonOf<RememberedConnector>(frame);
    if (connector !== null) yield connector;
  }
}

function* framesOf(bytes: Buffer): Generator<Buffer, undefined> {
  let offset = 0;
  while (offset + HEAD_BYTES <= bytes.length) {
    const start = offset + HEAD_BYTES;
    const end = start + bytes.readUInt32LE(offset);
    if (end > bytes.length) return;
    const payload = bytes.subarray(start, end);
    if (!hash('sha256', payload, 'buffer').equals(bytes.subarray(offset + 4, start))) return;
    yield payload;
    offset = end;
  }
}

/** Parses the content of a frame. Its checksum matches, so this package wrote it and its form is known. */
function jsonOf<T>(frame: Buffer | null): T | null {
  if (frame === null) return null;
  try {
    return JSON.parse(frame.toString('utf8')) as T;
  } catch {
    return null;
  }
}
