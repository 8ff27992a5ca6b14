import { messageOf, SwitchyardError } from '../../../../shared/errors.ts';
import { parseStrictJson } from '../../../../shared/map/strict-json.ts';
import { type KeyDocument, readKeyDocument } from '../../../../shared/signatures/key-document.ts';
import { fetchOver } from '../../../http/late-fetch.ts';
import { createMainAgent } from '../../../http/main-agent.ts';
import { resolveNetwork } from '../../../options/network-options.ts';
import { createDocumentPlace } from '../../../service-map/keys/create-document-place.ts';
import type { DocumentPlace } from '../../../service-map/keys/document-place.ts';
import { misuse } from '../../flags/option-values.ts';

/** What was found at a path or URL: a set of public keys, or key documents in the order of their versions. */
export type FoundKeys =
  | { readonly kind: 'jwks'; readonly value: unknown }
  | { readonly kind: 'documents'; readonly documents: readonly KeyDocument[] };

/** Timeout of one request. */
const TIMEOUT_MS = 10_000;

/** Maximum number of key documents that are read. */
const MAX_DOCUMENTS = 10_000;

/**
 * Reads keys from a path or URL: a JWKS, a key document, an array of key documents, or, if the path contains
 * `{version}`, each version of the key documents. Rejects with OPTIONS_INVALID if nothing is found there, with
 * KEYS_UNAVAILABLE if the URL cannot be fetched, and with KEYS_INVALID if the content is invalid.
 */
export async function readPlace(place: string, { minVersion }: { readonly minVersion: number }): Promise<FoundKeys> {
  const dispatcher = createMainAgent(resolveNetwork(undefined, undefined, process.env));
  try {
    const fetchMap = fetchOver(dispatcher);
    const documents = createDocumentPlace(place, {
      fetch: fetchMap,
      mapUrl: 'http://localhost/',
      timeoutMs: TIMEOUT_MS,
    });
    const first = await read(documents, minVersion);
    if (first === null) throw misuse(`There is neither a JWKS nor a key document at ${documents.nameOf(minVersion)}`);
    const value = documents.isByVersion ? null : jwksIn(first);
    if (value !== null) return { kind: 'jwks', value };
    const document = readAt(documents.nameOf(minVersion), first);
    return { kind: 'documents', documents: await readAll(documents, document) };
  } finally {
    await dispatcher.destroy();
  }
}

async function readAll(place: DocumentPlace, first: KeyDocument): Promise<readonly KeyDocument[]> {
  const found = [first];
  while (found.length < MAX_DOCUMENTS) {
    const wanted = first.version + found.length;
    const bytes = await read(place, wanted);
    const document = bytes === null ? null : readAt(place.nameOf(wanted), bytes);
    // Without `{version}` in the path, `read` returns the newest document if the wanted version does not exist.
    if (document === null || (!place.isByVersion && document.version !== wanted)) break;
    found.push(document);
  }
  return found;
}

/**
 * Parses a key document. Throws KEYS_INVALID with the path or URL of the document, because several documents may be
 * read.
 */
function readAt(name: string, bytes: Uint8Array): KeyDocument {
  try {
    return readKeyDocument(bytes);
  } catch (error) {
    const why = `${name} contains neither a JWKS nor a key document: ${messageOf(error)}`;
    throw new SwitchyardError('KEYS_INVALID', why, { cause: error });
  }
}

function read(place: DocumentPlace, version: number): Promise<Uint8Array | null> {
  return place.read(version, { apiKey: null, signal: AbortSignal.timeout(2 * TIMEOUT_MS) });
}

/** Parses a JWKS; null if the bytes are not a JWKS. */
function jwksIn(bytes: Uint8Array): unknown {
  try {
    const value = parseStrictJson(bytes);
    return typeof value === 'object' && value !== null && 'keys' in value ? value : null;
  } catch {
    return null;
  }
}
