import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';

/** Reads a file, or standard input if `file` is `-`. Rejects with OPTIONS_INVALID if it cannot be read. */
export async function readInput(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // `readFileSync(0)` would fail with EAGAIN if standard input is a pipe that has no data yet.
    return new Uint8Array(file === '-' ? await buffer(process.stdin) : await readFile(file));
  } catch (error) {
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot read ${file} (${codeOf(error) ?? 'unknown'})`);
  }
}
