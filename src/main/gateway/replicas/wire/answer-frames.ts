import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SwitchyardError } from '../../../../shared/errors.ts';

/**
 * Kind of a frame. The response to a hop is a sequence of frames. Each frame has four bytes of length, one byte of
 * kind, a tag of 16 bytes and the encrypted bytes (AES-256-GCM). The key is random, is used for one hop only, and came
 * in the encrypted body of the hop. Only a receiver that opened that body can write frames. A frame's number is its IV,
 * so that frames cannot be changed, left out, repeated or swapped.
 */
export type FrameKind = 'head' | 'data' | 'end' | 'alive';

export interface Frame {
  readonly kind: FrameKind;
  readonly bytes: Buffer;
}

/** Maximum size of one frame. A longer response takes several frames. */
export const MAX_FRAME_BYTES = 64 * 1024;

const KINDS: readonly FrameKind[] = ['head', 'data', 'end', 'alive'];
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
/** Length, kind and tag. */
const HEAD_BYTES = LENGTH_BYTES + 1 + TAG_BYTES;

/** Creates a key for the response to one hop, encoded as base64url. */
export function createAnswerKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

/** Encrypts and authenticates the frames of one response, in their order. Throws for an invalid key. */
export class FrameSealer {
  readonly #key: Buffer;
  #count = 0;

  constructor(answerKey: string) {
    this.#key = keyOf(answerKey);
  }

  /** Encrypts at most {@link MAX_FRAME_BYTES} bytes. */
  seal(kind: FrameKind, bytes: Uint8Array): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, ivOf(this.#count), { authTagLength: TAG_BYTES });
    this.#count += 1;
    const code = KINDS.indexOf(kind);
    cipher.setAAD(Uint8Array.of(code));
    const sealed = [cipher.update(bytes), cipher.final()];
    const head = Buffer.alloc(LENGTH_BYTES + 1);
    head.writeUInt32BE(bytes.length);
    head[LENGTH_BYTES] = code;
    return Buffer.concat([head, cipher.getAuthTag(), ...sealed]);
  }
}

/**
 * Reads the frames of a response while it arrives, up to its end. Holds one frame at most. Throws FLEET_REPLICA_GONE if
 * the response ends early or a frame is forged. A forged frame is also reported to `onForged`. Throws whatever `body`
 * throws.
 */
export async function* readFrames(
  body: AsyncIterable<Buffer>,
  answerKey: string,
  onForged: () => void = () => {},
): AsyncGenerator<Frame> {
  const key = keyOf(answerKey);
  let count = 0;
  let chunks: Buffer[] = [];
  let held = 0;
  let isOver = false;
  for await (const chunk of body) {
    // Bytes after the end frame are discarded. They are still read, because only then can the connection be reused.
    if (isOver) continue;
    chunks.push(chunk);
    held += chunk.length;
    while (!isOver && held >= HEAD_BYTES) {
      if ((chunks[0]?.length ?? 0) < HEAD_BYTES) chunks = [Buffer.concat(chunks)];
      const length = chunks[0]?.readUInt32BE() ?? 0;
      // A frame with a greater length is forged, so its end is not awaited.
      if (length <= MAX_FRAME_BYTES && held < HEAD_BYTES + length) break;
      const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const frame = length > MAX_FRAME_BYTES ? null : openFrame(all.subarray(0, HEAD_BYTES + length), key, count);
      if (frame === null) {
        onForged();
        throw broken();
      }
      count += 1;
      isOver = frame.kind === 'end';
      yield frame;
      const rest = all.subarray(HEAD_BYTES + length);
      chunks = rest.length === 0 ? [] : [rest];
      held = rest.length;
    }
  }
  if (!isOver) throw broken();
}

/** Opens one frame. Null if it is forged. */
function openFrame(sealed: Buffer, key: Buffer, count: number): Frame | null {
  const code = sealed[LENGTH_BYTES] ?? -1;
  const kind = KINDS[code];
  if (kind === undefined) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, ivOf(count), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(LENGTH_BYTES + 1, HEAD_BYTES));
  decipher.setAAD(Uint8Array.of(code));
  const bytes = decipher.update(sealed.subarray(HEAD_BYTES));
  try {
    decipher.final();
  } catch {
    // `final` fails only if the tag does not match.
    return null;
  }
  return { kind, bytes };
}

function ivOf(count: number): Buffer {
  const iv = Buffer.alloc(IV_BYTES);
  iv.writeUIntBE(count, IV_BYTES - 6, 6);
  return iv;
}

function keyOf(answerKey: string): Buffer {
  const key = Buffer.from(answerKey, 'base64url');
  if (key.length !== KEY_BYTES)
    throw new SwitchyardError('FLEET_HOP_REFUSED', 'The hop contains an invalid response key.');
  return key;
}

function broken(): SwitchyardError {
  const why = 'The response of the other replica broke off or was changed on its way. Send the request again.';
  return new SwitchyardError('FLEET_REPLICA_GONE', why);
}
