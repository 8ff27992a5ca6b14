import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { parseStrictJson } from '../../../shared/map/strict-json.ts';
import { peekKeyDocumentVersion } from '../../../shared/signatures/key-document.ts';

/** Maximum bytes of a file or response that may hold an array of documents: a few hundred of them. */
export const MAX_DOCUMENTS_BYTES = 1024 * 1024;

/** Maximum number of documents in one array. The byte limit leaves no room for more. */
const MAX_DOCUMENTS = 4096;

/** Maximum levels of nesting: those of a document, and the array around it. */
const MAX_DEPTH = 9;

const BRACKET_OPEN = '[';

/**
 * Returns one document from a place that holds a document or an array of documents: the wanted version, else the
 * newest. Returns null for an empty array. Nothing is verified. Throws KEYS_INVALID.
 */
export function newestOf(bytes: Uint8Array, wanted: number): Uint8Array | null {
  if (!startsArray(bytes)) return bytes;
  const documents = parseArray(bytes);
  let newest: unknown = documents[0];
  let newestVersion = 0;
  for (const document of documents) {
    const version = peekKeyDocumentVersion(document);
    if (version === wanted) return encode(document);
    if (version !== null && version > newestVersion) {
      newest = document;
      newestVersion = version;
    }
  }
  return newest === undefined ? null : encode(newest);
}

function startsArray(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 1024)).trimStart().startsWith(BRACKET_OPEN);
}

function parseArray(bytes: Uint8Array): readonly unknown[] {
  let documents: readonly unknown[];
  try {
    documents = parseStrictJson(bytes, MAX_DEPTH, 'The array of key documents') as readonly unknown[];
  } catch (error) {
    throw new SwitchyardError('KEYS_INVALID', messageOf(error));
  }
  if (documents.length <= MAX_DOCUMENTS) return documents;
  const why = `The array of key documents has ${documents.length} elements; at most ${MAX_DOCUMENTS} are allowed.`;
  throw new SwitchyardError('KEYS_INVALID', why);
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
