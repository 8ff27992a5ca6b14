import { systemClock } from '../../../../shared/clock.ts';
import type { KeyDocument } from '../../../../shared/signatures/key-document.ts';
import { readKeySet } from '../../../../shared/signatures/key-set.ts';
import type { TrustedKey } from '../../../../shared/signatures/trust.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureLine, mark, print, printable } from '../../terminal/output.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { isoOf } from '../sync.ts';
import { type FollowedDocument, followDocuments } from './follow-documents.ts';
import { requiredKeyFile } from './key-files.ts';
import { readPlace } from './read-place.ts';

export interface ListKeysOptions {
  /** The JWKS file with the keys that hosts have configured. */
  readonly keys?: string;
  readonly threshold: number;
  readonly minVersion: number;
  readonly json: boolean;
}

/** A public key in the output of the command. Instants are in epoch milliseconds; null means no limit. */
interface ListedKey {
  readonly kid: string;
  readonly alg: string;
  readonly thumbprint: string;
  readonly notBefore: number | null;
  readonly expiresAt: number | null;
  /** Whether the key is a root of the document. Null for a key of a JWKS, in which there are no roots. */
  readonly isRoot: boolean | null;
}

/** A key document in the output of the command. */
interface ListedDocument {
  readonly version: number;
  readonly expiresAt: number;
  /** Number of roots that must sign the next document. */
  readonly threshold: number;
  readonly signedBy: readonly string[];
  /** Thumbprints of revoked keys. */
  readonly revoked: readonly string[];
  /** Why hosts would reject the document; null if hosts would accept it. */
  readonly problem: Failure | null;
}

/**
 * Lists the keys of a JWKS file or of the newest key document. Also verifies each key document against the one before
 * it. Resolves with the exit code: 1 if hosts would reject a document, or if the newest document has expired.
 */
export async function runKeysList(place: string, options: ListKeysOptions): Promise<number> {
  const found = await readPlace(place, options);
  if (found.kind === 'jwks') {
    const keys = readKeySet(found.value).map((key) => listedKey(key, null));
    if (options.json) answerJson({ documents: [], keys });
    else print(keyTable(keys));
    return EXIT.ok;
  }
  const configured = options.keys === undefined ? null : readKeySet({ keys: requiredKeyFile(options.keys, '--keys') });
  const followed = followDocuments(found.documents, configured, options.threshold, systemClock.now());
  const documents = followed.map(listedDocument);
  const newest = followed.at(-1)?.document;
  const keys = newest === undefined ? [] : documentKeys(newest);
  const failure = documents.find(({ problem }) => problem !== null)?.problem ?? null;
  if (options.json) answerJson({ documents, keys }, failure);
  else print(`${documents.map(documentLine).join('')}\n${keyTable(keys)}`);
  return failure === null ? EXIT.ok : EXIT.failed;
}

function documentKeys({ keys, roots }: KeyDocument): readonly ListedKey[] {
  return keys.map((key) =>
    listedKey(
      key,
      roots.some(({ kid }) => kid === key.kid),
    ),
  );
}

function listedKey({ kid, alg, thumbprint, notBeforeMs, expiresAtMs }: TrustedKey, isRoot: boolean | null): ListedKey {
  return { kid, alg, thumbprint, notBefore: notBeforeMs, expiresAt: expiresAtMs, isRoot };
}

function listedDocument({ document, problem }: FollowedDocument): ListedDocument {
  const { version, expiresAtMs, threshold, revoked, signatures } = document;
  const signedBy = [...new Set(signatures.map(({ kid }) => kid))];
  return { version, expiresAt: expiresAtMs, threshold, signedBy, revoked, problem };
}

function documentLine({ version, expiresAt, threshold, signedBy, revoked, problem }: ListedDocument): string {
  const facts =
    `document ${version}  expires ${isoOf(expiresAt)}, signed by ${signedBy.map(printable).join(', ')}; ` +
    `${threshold} must sign the next one`;
  const lines = [
    `${mark(problem === null ? 'ok' : 'failed')} ${facts}`,
    ...(problem === null ? [] : [`  ${failureLine(problem)}`]),
    ...revoked.map((thumbprint) => `  revoked ${thumbprint}`),
  ];
  return `${lines.join('\n')}\n`;
}

function keyTable(keys: readonly ListedKey[]): string {
  const rows = keys.map(({ kid, alg, thumbprint, notBefore, expiresAt, isRoot }) => [
    kid,
    alg,
    thumbprint,
    notBefore === null ? '' : isoOf(notBefore),
    isoOf(expiresAt),
    isRoot === true ? 'root' : '',
  ]);
  return renderTable(['kid', 'alg', 'thumbprint', 'not before', 'expires', ''], rows);
}
