import { hash } from 'node:crypto';
import type { RememberedConnector } from '../tools/tool-records.ts';
import type { SourceFacts, StoredMap } from './writer-messages.ts';

/**
 * The start image: the data that the next start needs first, in one file that is read without waiting for another
 * thread. The image is a copy of data in the store, and may be outdated or missing. The store is read afterwards.
 *
 *     image = frame(header) frame(body of a map)* frame(connector)*
 *     frame = length (u32 LE) SHA-256 (32 bytes) payload
 *
 * A frame that is truncated or fails its checksum ends the image. The frames before it are used.
 */
export interface StartImageHeader {
  /** Version of the file format. Images with another version are ignored. */
  readonly format: number;
  readonly scope: string;
  /** Id of the store that the image is a copy of. */
  readonly storeId: string;
  /** Number of connectors in the store. If the image contains fewer, the others are only in the store. */
  readonly connectorCount: number;
  /** The maps in the image. Their bodies follow the header in the same order. */
  readonly maps: readonly StartImageMap[];
}

/** A map, and the facts about its source that decide which signatures the map needs. */
export interface EarlyMap {
  readonly map: StoredMap;
  readonly facts: SourceFacts;
}

/** A map in the header of the image, without its body. The file format uses the name `sourceId` for the store key. */
interface StartImageMap extends Omit<StoredMap, 'body' | 'storeKey'> {
  readonly sourceId: string;
  readonly facts: SourceFacts;
}

/** Creates the description of a map for the header of an image. */
export function startImageMap({ map, facts }: EarlyMap): StartImageMap {
  const { storeKey, etag, generatedAtMs, savedAtMs } = map;
  return { sourceId: storeKey, etag, generatedAtMs, savedAtMs, facts };
}

export interface StartImage {
  readonly header: StartImageHeader;
  readonly maps: readonly EarlyMap[];
  /** The connectors, decoded one at a time, so that the caller can pause between two of them. */
  readonly connectors: Iterable<RememberedConnector>;
}

export const START_IMAGE_FORMAT = 3;

/**
 * Maximum size of a map in a start image. Larger maps are verified on a worker thread. Starting that thread takes
 * longer than reading the store, so the image would save no time.
 */
export const START_IMAGE_MAX_MAP_BYTES = 64 * 1024;

const CHECKSUM_BYTES = 32;
const HEAD_BYTES = 4 + CHECKSUM_BYTES;

/** Returns the name of a scope's start image in the store's folder. */
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

/** Reads an image. Returns null if it is invalid, has another format, or belongs to another scope. */
export function readStartImage(bytes: Buffer, scope: string): StartImage | null {
  const frames = framesOf(bytes);
  const header = jsonOf<StartImageHeader>(frames.next().value ?? null);
  if (header?.format !== START_IMAGE_FORMAT || header.scope !== scope) return null;
  const maps: EarlyMap[] = [];
  for (const map of header.maps) {
    const body: Buffer | undefined = frames.next().value ?? undefined;
    // `new Uint8Array` copies the body, because the body is transferred to another thread later.
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

/**
 * Parses the content of a frame. The checksum of the frame matches, so this package wrote it, and its form is known.
 */
function jsonOf<T>(frame: Buffer | null): T | null {
  if (frame === null) return null;
  try {
    return JSON.parse(frame.toString('utf8')) as T;
  } catch {
    return null;
  }
}
