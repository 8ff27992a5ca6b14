import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';

/** Reads the bytes of a file, or of stdin if it is called `-`. Rejects with OPTIONS_INVALID. */
export async function readInput(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // Never `readFileSync(0)`: it fails with EAGAIN while a pipe has no data yet.
    return new Uint8Array(file === '-' ? await buffer(process.stdin) : await readFile(file));
  } catch (error) {
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot read ${file} (${codeOf(error) ?? 'unknown'})`);
  }
}
