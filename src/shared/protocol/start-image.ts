import { hash } from 'node:crypto';
import type { RememberedConnector } from '../tools/tool-records.ts';
import type { SourceFacts, StoredMap } from './writer-messages.ts';

/**
 * The start image: what the next start needs first, in one file that is read without waiting for any thread. It is a
 * copy of what the store holds and may be older or missing; the store is asked next.
 *
 *     image = frame(header) frame(body of a map)* frame(connector)*
 *     frame = length (u32 LE) SHA-256 (32 bytes) payload
 *
 * A frame that is cut off or does not match its checksum ends the image; the frames before it count.
 */
export interface StartImageHeader {
  /** Raised with every change of the form; an image of another one is passed over. */
  readonly format: number;
  readonly scope: string;
  /** The store that it is a copy of. */
  readonly storeId: string;
  /** How many connectors the store knows; where fewer follow, it has the rest. */
  readonly connectorCount: number;
  /** The maps whose bodies follow, in their order. */
  readonly maps: readonly StartImageMap[];
}

/** A map, and what decides which signatures it needs. */
export interface EarlyMap {
  readonly map: StoredMap;
  readonly facts: SourceFacts;
}

/** A map in the image: all but its body. The field names are a file format: `sourceId` is the store key. */
interface StartImageMap extends Omit<StoredMap, 'body' | 'storeKey'> {
  readonly sourceId: string;
  readonly facts: SourceFacts;
}

/** How the header describes a map whose body follows. */
export function startImageMap({ map, facts }: EarlyMap): StartImageMap {
  const { storeKey, etag, generatedAtMs, savedAtMs } = map;
  return { sourceId: storeKey, etag, generatedAtMs, savedAtMs, facts };
}

export interface StartImage {
  readonly header: StartImageHeader;
  readonly maps: readonly EarlyMap[];
  /** Decoded one at a time, so that the caller can rest in between. */
  readonly connectors: Iterable<RememberedConnector>;
}

export const START_IMAGE_FORMAT = 3;

/** Larger maps are proven on a thread, whose boot takes longer than to read them from the store. */
export const START_IMAGE_MAX_MAP_BYTES = 64 * 1024;

const CHECKSUM_BYTES = 32;
const HEAD_BYTES = 4 + CHECKSUM_BYTES;

/** Where the image of a scope is, within the store's folder. */
export function startImageName(scope: string): string {
  return `start-${scope.slice(0, 16)}.img`;
}

/** One frame around a payload. */
export function frameOf(payload: string | Uint8Array): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(bytes.length);
  head.set(hash('sha256', bytes, 'buffer'), 4);
  return Buffer.concat([head, bytes]);
}

/** Reads an image of this scope; null where it is none, or one of another form or scope. */
export function readStartImage(bytes: Buffer, scope: string): StartImage | null {
  const frames = framesOf(bytes);
  const header = jsonOf<StartImageHeader>(frames.next().value ?? null);
  if (header?.format !== START_IMAGE_FORMAT || header.scope !== scope) return null;
  const maps: EarlyMap[] = [];
  for (const map of header.maps) {
    const body: Buffer | undefined = frames.next().value ?? undefined;
    // Copied out: the body is handed on, and transferred.
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

/** What a frame of this program's own making holds: its checksum vouches for its form. */
function jsonOf<T>(frame: Buffer | null): T | null {
  if (frame === null) return null;
  try {
    return JSON.parse(frame.toString('utf8')) as T;
  } catch {
    return null;
  }
}
