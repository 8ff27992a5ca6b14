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

/** A map's body as it came from the source, with the tag that it came with. */
export interface PlainBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string | null;
}

/** The longest plain body that a fleet shares, 32 MiB. Hosts fetch longer ones by themselves. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** The longest box: what does not compress becomes a little longer by packing and sealing. */
export const MAX_BOX_BYTES = MAX_BODY_BYTES + 256 * 1024;

/** Smaller bodies are read whole: a patch would save less than it costs to make. */
export const MIN_PATCHED_BYTES = 256 * 1024;

/** A patch that is not far smaller than the packed body is not worth its place. */
const MAX_PATCH_SHARE = 1 / 4;

/** Longer tags are left out. */
const MAX_ETAG_BYTES = 8_192;

const BODY_LEVEL = 1;
/** Lower levels find next to nothing of what two bodies have in common. */
const PATCH_LEVEL = 9;
/** Of zstd: base and body of 32 MiB each lie in a window of 2²⁶ bytes. */
const MAX_WINDOW_LOG = 26;
const MIN_WINDOW_LOG = 18;
/** By default results come in pieces of 16 KiB, each with a turn in the thread pool. */
const CHUNK_BYTES = 1024 * 1024;
/** What is packed into less is unpacked at once: a turn in the thread pool takes longer, a large chunk more memory. */
const SMALL_BYTES = 32 * 1024;
const SMALL_CHUNK_BYTES = 128 * 1024;

type DictionaryOptions = ZstdOptions & { readonly dictionary?: Uint8Array };

const compress: (bytes: Uint8Array, options: DictionaryOptions) => Promise<Buffer> = promisify(zstdCompress);
const decompress: (bytes: Uint8Array, options: DictionaryOptions) => Promise<Buffer> = promisify(zstdDecompress);

/** SHA-256, hex. Long bodies are hashed in the thread pool. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length < MIN_PATCHED_BYTES) return hash('sha256', bytes, 'hex');
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

/** Packs (zstd) and seals a body for `place`, its key in Redis. */
export async function boxBody(sealer: FleetSealer, place: string, body: PlainBody): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: BODY_LEVEL };
  return sealed(sealer, place, body.etag, await compress(body.bytes, { params, chunkSize: CHUNK_BYTES }));
}

/** Opens what {@link boxBody} made. Null for anything else, also for what unpacks to more than `MAX_BODY_BYTES`. */
export function openBody(sealer: FleetSealer, place: string, box: Uint8Array): Promise<PlainBody | null> {
  return opened(sealer, place, box, {});
}

/**
 * A box with what of `body` is not in `base`; null where it is no smaller than a quarter of `packedBytes`, the packed
 * body. Costs processor time in the thread pool, half a second for 14 MB.
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

/** The body that a patch makes of `base`. Null for anything else. */
export async function openPatch(
  sealer: FleetSealer,
  place: string,
  box: Uint8Array,
  base: Uint8Array,
): Promise<PlainBody | null> {
  return opened(sealer, place, box, { dictionary: base });
}

let dictionariesWork: boolean | null = null;

/** Whether this Node.js packs with dictionaries. One that does not ignores the option. */
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

/** The tag lies before the packed bytes: its length and one in two bytes (0: there is none), then the tag. */
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
    // Whatever zstd says of it, it is no box of ours, and the caller says so.
    return null;
  }
}

/** Short buffers share their memory, and a body may be handed to another thread. */
function withOwnMemory(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, length } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === length ? new Uint8Array(buffer) : copyOf(bytes);
}

/** A copy with memory of its own. `new Uint8Array(bytes)` takes more than twice as long. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
