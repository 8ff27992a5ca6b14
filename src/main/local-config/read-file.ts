import { createReadStream } from 'node:fs';
import { codeOf, messageOf } from '../../shared/errors.ts';

/** The bytes of a file of at most `maxBytes`. Rejects with an error that {@link reasonOf} puts into words. */
export async function readFileBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  // One byte more than allowed tells that there is more.
  for await (const chunk of createReadStream(path, { end: maxBytes })) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (bytes.length > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  return bytes;
}

/** Why a file could not be read, to go on from its name: `there is no such file (ENOENT)`. */
export function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case null:
      return messageOf(error);
    case 'ENOENT':
      return 'there is no such file (ENOENT)';
    case 'EACCES':
      return 'it may not be read (EACCES)';
    case 'EISDIR':
      return 'it is a folder (EISDIR)';
    default:
      return `reading it failed (${codeOf(error)})`;
  }
}
