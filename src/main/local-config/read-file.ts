import { createReadStream } from 'node:fs';
import { codeOf, messageOf } from '../../shared/errors.ts';

/** Reads the bytes of a file of at most `maxBytes`. Rejects with an error that {@link reasonOf} turns into words. */
export async function readFileBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  // Reads one byte more than allowed, to detect that the file is larger. `end` is inclusive.
  for await (const chunk of createReadStream(path, { end: maxBytes })) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (bytes.length > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  return bytes;
}

/** Returns why a file could not be read, as a clause such as `there is no such file (ENOENT)`. */
export function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case null:
      return messageOf(error);
    case 'ENOENT':
      return 'there is no such file (ENOENT)';
    case 'EACCES':
      return 'there is no permission to read it (EACCES)';
    case 'EISDIR':
      return 'it is a folder (EISDIR)';
    default:
      return `reading it failed (${codeOf(error)})`;
  }
}
