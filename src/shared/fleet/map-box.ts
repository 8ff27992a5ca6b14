import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import {
  constants,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import type { FleetSealer } from './fleet-sealer.ts';

/** Body of a map as the source sent it, and the entity tag of that response. */
export interface PlainBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string | null;
}

/**
 * Maximum size of a plain body that the hosts of a fleet share: 32 MiB. Larger bodies are not shared, so each host
 * requests them from the source.
 */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Maximum size of a box. Compression and encryption make an incompressible body slightly larger. */
export const MAX_BOX_BYTES = MAX_BODY_BYTES + 256 * 1024;

/** Minimum size of a body for which a patch is created. A patch of a smaller body would save less than it costs. */
export const MIN_PATCHED_BYTES = 256 * 1024;

/** Maximum size of a patch, as a share of the packed body. A larger patch is not worth storing. */
const MAX_PATCH_SHARE = 1 / 4;

/** Maximum length of an entity tag. Longer tags are left out. */
const MAX_ETAG_BYTES = 8_192;

const BODY_LEVEL = 1;
/** zstd level of patches. Lower levels find almost nothing that two bodies have in common. */
const PATCH_LEVEL = 9;
/** Maximum window of zstd: a base and a body of 32 MiB each fit into 2²⁶ bytes. */
const MAX_WINDOW_LOG = 26;
const MIN_WINDOW_LOG = 18;
/**
 * Size of the output chunks of zstd. Each chunk is a separate task in the thread pool, and the default size of 16 KiB
 * would create many tasks.
 */
const CHUNK_BYTES = 1024 * 1024;
/** Packed data below this size is unpacked synchronously, because a task in the thread pool would take longer. */
const SMALL_BYTES = 32 * 1024;
const SMALL_CHUNK_BYTES = 128 * 1024;

type DictionaryOptions = ZstdOptions & { readonly dictionary?: Uint8Array };

const compress: (bytes: Uint8Array, options: DictionaryOptions) => Promise<Buffer> = promisify(zstdCompress);
const decompress: (bytes: Uint8Array, options: DictionaryOptions) => Promise<Buffer> = promisify(zstdDecompress);

/** Returns the SHA-256 of bytes in hex. Long inputs are hashed in the thread pool. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length < MIN_PATCHED_BYTES) return hash('sha256', bytes, 'hex');
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

/** Compresses a body with zstd, and encrypts it for `place`, the key in Redis at which it is stored. */
export async function boxBody(sealer: FleetSealer, place: string, body: PlainBody): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: BODY_LEVEL };
  return sealed(sealer, place, body.etag, await compress(body.bytes, { params, chunkSize: CHUNK_BYTES }));
}

/**
 * Opens a box that {@link boxBody} created. Returns null for any other bytes, and if the body is larger than {@link
 * MAX_BODY_BYTES}.
 */
export function openBody(sealer: FleetSealer, place: string, box: Uint8Array): Promise<PlainBody | null> {
  return opened(sealer, place, box, {});
}

/**
 * Compresses and encrypts the parts of `body` that are not in `base`. Returns null if the patch is not smaller than a
 * quarter of `packedBytes`, the size of the packed body. Uses much processor time in the thread pool.
 */
export async function boxPatch(
  sealer: FleetSealer,
  place: string,
  body: PlainBody,
  base: Uint8Array,
  packedBytes: number,
): Promise<Buffer | null> {
  if (body.bytes.length < MIN_PATCHED_BYTES || !hasDictionaries()) return null;
  const params = {
    [constants.ZSTD_c_compressionLevel]: PATCH_LEVEL,
    [constants.ZSTD_c_windowLog]: windowLogOf(base.length + body.bytes.length),
  };
  const packed = await compress(body.bytes, { params, dictionary: base, chunkSize: CHUNK_BYTES });
  return packed.length < packedBytes * MAX_PATCH_SHARE ? sealed(sealer, place, body.etag, packed) : null;
}

/** Applies a patch to `base` and returns the body. Returns null if the bytes are not a patch of `base`. */
export async function openPatch(
  sealer: FleetSealer,
  place: string,
  box: Uint8Array,
  base: Uint8Array,
): Promise<PlainBody | null> {
  return opened(sealer, place, box, { dictionary: base });
}

let dictionariesWork: boolean | null = null;

/**
 * Whether this version of Node.js supports zstd with dictionaries. Versions without support ignore the option
 * `dictionary`.
 */
export function hasDictionaries(): boolean {
  if (dictionariesWork === null) {
    const sample = Buffer.from(hash('sha256', 'dictionaries', 'hex').repeat(4));
    const options: DictionaryOptions = { dictionary: sample };
    dictionariesWork = zstdCompressSync(sample, options).length < zstdCompressSync(sample).length;
  }
  return dictionariesWork;
}

function windowLogOf(bytes: number): number {
  return Math.max(MIN_WINDOW_LOG, Math.min(MAX_WINDOW_LOG, Math.ceil(Math.log2(bytes))));
}

/**
 * Encrypts the entity tag and the packed bytes in one box. The first two bytes are the length of the tag plus one, or 0
 * if there is no tag. The tag follows, and then the packed bytes.
 */
function sealed(sealer: FleetSealer, place: string, etag: string | null, packed: Buffer): Buffer {
  const tag = Buffer.from(etag ?? '');
  const isKept = etag !== null && tag.length <= MAX_ETAG_BYTES;
  const head = Buffer.alloc(2);
  head.writeUInt16BE(isKept ? tag.length + 1 : 0);
  return sealer.seal('map', place, Buffer.concat([head, ...(isKept ? [tag] : []), packed]));
}

async function opened(
  sealer: FleetSealer,
  place: string,
  box: Uint8Array,
  options: DictionaryOptions,
): Promise<PlainBody | null> {
  if (box.length > MAX_BOX_BYTES) return null;
  const plain = sealer.open('map', place, box);
  if (plain === null || plain.length < 2) return null;
  const tagLength = plain.readUInt16BE(0);
  const tagEnd = 2 + Math.max(0, tagLength - 1);
  const etag = tagLength === 0 ? null : plain.toString('utf8', 2, tagEnd);
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
  const packed = plain.subarray(tagEnd);
  const isSmall = packed.length < SMALL_BYTES && options.dictionary === undefined;
  const chunkSize = isSmall ? SMALL_CHUNK_BYTES : CHUNK_BYTES;
  const limits = { params, maxOutputLength: MAX_BODY_BYTES, chunkSize, ...options };
  try {
    const bytes = isSmall ? zstdDecompressSync(packed, limits) : await decompress(packed, limits);
    return { bytes: withOwnMemory(bytes), etag };
  } catch {
    // Any error of zstd means that the bytes are not a valid box. The caller reports that.
    return null;
  }
}

/**
 * Returns the bytes in a buffer that they fill completely. Short Node.js buffers share one large buffer, which must not
 * be transferred to another thread.
 */
function withOwnMemory(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, length } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === length ? new Uint8Array(buffer) : copyOf(bytes);
}

/** Copies bytes to a new buffer. `new Uint8Array(bytes)` would be much slower. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
