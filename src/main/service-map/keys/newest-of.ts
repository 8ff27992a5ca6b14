import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { parseStrictJson } from '../../../shared/map/strict-json.ts';
import { peekKeyDocumentVersion } from '../../../shared/signatures/key-document.ts';

/** Maximum size of a file or response with an array of documents, in bytes. A few hundred documents fit. */
export const MAX_DOCUMENTS_BYTES = 1024 * 1024;

/** Maximum number of documents in one array. The byte limit leaves no room for more documents. */
const MAX_DOCUMENTS = 4096;

/** Maximum nesting depth of the JSON: the depth of a document, plus one for the array around it. */
const MAX_DEPTH = 9;

const BRACKET_OPEN = '[';

/**
 * Returns the wanted version from a document or an array of documents. If that version is missing, returns the newest
 * document, or null for an empty array. Verifies nothing. Throws KEYS_INVALID.
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
