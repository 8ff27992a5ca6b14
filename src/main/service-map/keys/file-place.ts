import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import { MAX_KEY_DOCUMENT_BYTES } from '../../../shared/signatures/key-document.ts';
import { type DocumentPlace, hasVersion, placeOf, unavailable } from './document-place.ts';
import { MAX_DOCUMENTS_BYTES, newestOf } from './newest-of.ts';

/** Reads key documents from files. `{version}` in the path stands for the version. A missing file means no document. */
export function filePlace(pattern: string): DocumentPlace {
  const isByVersion = hasVersion(pattern);
  return {
    isByVersion,
    nameOf: (version) => placeOf(pattern, version),
    async read(version) {
      const path = placeOf(pattern, version);
      const bytes = await readCapped(path, isByVersion ? MAX_KEY_DOCUMENT_BYTES : MAX_DOCUMENTS_BYTES);
      return bytes === null || isByVersion ? bytes : newestOf(bytes, version);
    },
  };
}

/**
 * Returns the bytes of a regular file, or null if it is missing. Other files are refused, because reading a named pipe
 * would block a thread of the pool for ever.
 */
async function readCapped(path: string, maxBytes: number): Promise<Uint8Array | null> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) throw unavailable(path, 'it is not a regular file');
    const buffer = Buffer.alloc(maxBytes + 1);
    let size = 0;
    // A file may grow or shrink while it is read, so the size that `stat` returns is not used.
    while (size < buffer.length) {
      const { bytesRead } = await file.read(buffer, size, buffer.length - size);
      if (bytesRead === 0) return buffer.subarray(0, size);
      size += bytesRead;
    }
    throw unavailable(path, `it is larger than ${maxBytes} bytes`);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw code === 'KEYS_UNAVAILABLE' ? error : unavailable(path, code ?? messageOf(error), error);
  }
}
