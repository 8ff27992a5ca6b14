import { KEY_DOCUMENT_JWS_TYPE } from '../../../../shared/signatures/jws.ts';
import { signJws } from '../../../../shared/signatures/sign-jws.ts';
import { misuse } from '../../flags/option-values.ts';
import { configuredKeys, nextSigners, openDocuments, PARTIAL, readDocument } from './document-files.ts';
import { rootsAmong, writeIfComplete } from './next-document.ts';
import { payloadOf } from './next-payload.ts';
import { readPrivateKeys } from './private-keys.ts';

export interface SignDocumentOptions {
  /** Path of the key documents, in which `{version}` stands for the number of a document. */
  readonly documents: string;
  /** Paths of the private keys that sign the document. */
  readonly key: readonly string[];
  /** The JWKS file with the keys that hosts have configured. Necessary for the first document only. */
  readonly keys?: string;
  readonly json: boolean;
}

/**
 * Adds signatures to a key document that was written with `--partial`. When enough keys have signed, writes the
 * document to the file from which hosts read it. Resolves with the exit code.
 */
export async function runKeysSignDocument(options: SignDocumentOptions): Promise<number> {
  const files = openDocuments(options.documents);
  const path = files.pathOf((files.newest?.version ?? 0) + 1) + PARTIAL;
  const partial = readDocument(path);
  const payload = payloadOf(partial);
  const signers = nextSigners(files.newest, configuredKeys(files.newest, options.keys, '--keys'), partial.threshold);
  const keys = readPrivateKeys(options.key).map(({ key }) => key);
  const added = rootsAmong(keys, signers, payload).map((key) => ({
    kid: key.kid,
    text: signJws(payload, key, KEY_DOCUMENT_JWS_TYPE),
  }));
  if (added.some(({ text }) => text.split('.')[1] !== partial.payloadPart))
    throw misuse(`${path} was not written by this program, so no signature can be added to it`);
  const kept = partial.signatures.filter(({ kid }) => !added.some((one) => one.kid === kid)).map(compactOf);
  const document = { signatures: [...kept, ...added.map(({ text }) => text)] };
  const { documents, json } = options;
  const known = files.newest === null ? options.keys : undefined;
  return writeIfComplete({ files, signers, document, documents, keys: known, partial: true, force: true, json });
}

function compactOf({ signingInput, signature }: { signingInput: string; signature: Uint8Array }): string {
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
}
