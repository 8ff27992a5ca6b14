import { open } from 'node:fs/promises';
import { codeOf, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { parseStrictJson } from '../../../shared/map/strict-json.ts';
import { readKeySet } from '../../../shared/signatures/key-set.ts';
import type { TrustedKey } from '../../../shared/signatures/trust.ts';

/** A JWK set (RFC 7517) with public keys. */
export interface JsonWebKeySet {
  readonly keys: readonly object[];
}

/**
 * Where public keys come from: a JWK set, the path of a file with a JWK set, or a function that returns a JWK set. The
 * function is called at each load.
 */
export type KeySetSource = JsonWebKeySet | string | (() => unknown);

/** Maximum size of a file with a JWK set. A set with 256 keys needs a quarter of this size. */
const MAX_BYTES = 256 * 1024;

/** Reads a JWK set. Rejects with KEYS_UNAVAILABLE if it cannot be read, and with KEYS_INVALID if it is not valid. */
export async function askForKeySet(source: KeySetSource): Promise<readonly TrustedKey[]> {
  if (typeof source === 'string') return readFileSet(source);
  return readKeySet(typeof source === 'function' ? await askHost(source) : source);
}

async function askHost(ask: () => unknown): Promise<unknown> {
  try {
    return await ask();
  } catch (cause) {
    const why = `The function given for signatureKeys failed: ${messageOf(cause)}`;
    throw new SwitchyardError('KEYS_UNAVAILABLE', why, { cause });
  }
}

async function readFileSet(path: string): Promise<readonly TrustedKey[]> {
  const bytes = await readCapped(path);
  try {
    return readKeySet(parseStrictJson(bytes));
  } catch (cause) {
    const why = codeOf(cause) === 'KEYS_INVALID' ? messageOf(cause) : 'It is not JSON, or has a duplicate member.';
    throw new SwitchyardError('KEYS_INVALID', `The key set in ${path} cannot be used: ${why}`, { cause });
  }
}

async function readCapped(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    // Only regular files are read, because reading a pipe or a device may never end.
    if (!(await file.stat()).isFile()) throw new Error('it is not a file');
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < buffer.length; size += read)
      ({ bytesRead: read } = await file.read(buffer, size, buffer.length - size, size));
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return buffer.subarray(0, size);
  } catch (cause) {
    const why = `The key set in ${path} cannot be read: ${messageOf(cause)}`;
    throw new SwitchyardError('KEYS_UNAVAILABLE', why, { cause });
  }
}
