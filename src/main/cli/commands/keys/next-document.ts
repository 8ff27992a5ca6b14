import { rmSync } from 'node:fs';
import { codeOf } from '../../../../shared/errors.ts';
import { isSignedBy } from '../../../../shared/signatures/jws.ts';
import {
  createKeyDocument,
  type KeyDocument,
  type KeyDocumentPayload,
  readKeyDocument,
  type SignedKeyDocument,
} from '../../../../shared/signatures/key-document.ts';
import { readKeySet } from '../../../../shared/signatures/key-set.ts';
import type { SigningKey } from '../../../../shared/signatures/signing-key.ts';
import type { TrustedKey } from '../../../../shared/signatures/trust.ts';
import { type KeyRoots, verifyNextKeyDocument } from '../../../../shared/signatures/verify-key-document.ts';
import { misuse } from '../../flags/option-values.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable, say } from '../../terminal/output.ts';
import { ownCommand } from '../../terminal/own-command.ts';
import {
  configuredKeys,
  type DocumentFiles,
  type NextSigners,
  nextSigners,
  openDocuments,
  PARTIAL,
  rootsOf,
  writeDocument,
  writePartialDocument,
} from './document-files.ts';
import { type PublicJwk, requiredKeyFile } from './key-files.ts';
import { nextPayload } from './next-payload.ts';
import { readPrivateKeys } from './private-keys.ts';

/** Options that `keys rotate` and `keys revoke` share. */
export interface DocumentOptions {
  /** Path of the key documents, in which `{version}` stands for the number of a document. */
  readonly documents: string;
  /** Paths of the private keys that sign the document. */
  readonly key: readonly string[];
  readonly keys?: string;
  readonly configured?: string;
  readonly roots?: readonly string[];
  readonly threshold?: number;
  /** Number of days until the document expires. */
  readonly expires: number;
  readonly partial: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Creates and signs the key document that follows the newest one. Writes the document if it has enough signatures. With
 * `--partial`, writes a partial document if signatures are missing. Returns the exit code. Without `--partial`, throws
 * OPTIONS_INVALID if signatures are missing. The error lists them.
 */
export function writeNextDocument(
  options: DocumentOptions,
  change: { readonly removed: readonly string[]; readonly revoked: readonly string[] },
): number {
  const files = openDocuments(options.documents);
  const { newest } = files;
  // Each document lists the keys that may sign the next one. Only for the first document, configured keys are needed.
  const keysFile = newest === null ? (options.configured ?? options.keys) : undefined;
  const configured = configuredKeys(newest, options.configured ?? options.keys, '--keys') as readonly PublicJwk[];
  const asked = options.keys === undefined ? [] : requiredKeyFile(options.keys, '--keys');
  const added = newest === null && options.configured !== undefined ? [...configured, ...asked] : asked;
  const { roots, threshold } = options;
  const payload = nextPayload(newest, { ...change, added, roots, threshold, expiresInMs: options.expires * DAY_MS });
  const signers = nextSigners(newest, configured, threshold ?? 1);
  const signingKeys = readPrivateKeys(options.key).map(({ key }) => key);
  const document = createKeyDocument(payload, rootsAmong(signingKeys, signers, payload));
  return writeIfComplete({ ...options, files, signers, document, keys: keysFile });
}

interface Written {
  readonly files: DocumentFiles;
  readonly signers: NextSigners;
  readonly document: SignedKeyDocument;
  readonly documents: string;
  /** The file with the configured keys, which `keys sign-document` needs for the first document. */
  readonly keys?: string | undefined;
  readonly partial: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/**
 * If hosts would accept the document, writes it to the file that hosts read. If not, and `--partial` is given, writes
 * it to a partial file in the same folder. Returns the exit code.
 */
export function writeIfComplete(written: Written): number {
  const { files, signers, document, documents, keys, partial, force, json } = written;
  const read = readKeyDocument(JSON.stringify(document));
  const missing = missingSignatures(read, signers);
  const path = files.pathOf(read.version);
  if (missing !== null && !partial)
    throw misuse(`${missing} Give more private keys with --key, or give --partial to let others sign later`);
  const target = missing === null ? path : path + PARTIAL;
  if (missing === null) writeDocument(target, document);
  else writePartialDocument(target, document, force);
  if (missing === null) rmSync(path + PARTIAL, { force: true });
  else {
    const known = keys === undefined ? [] : ['--keys', keys];
    const command = ownCommand('keys', 'sign-document', '--documents', documents, ...known, '--key', 'FILE');
    say(`${missing} The holders of these keys sign with: ${command}`);
  }
  report(read, target, missing, json);
  return EXIT.ok;
}

/** Returns a sentence about the signatures that are missing; null if hosts would accept the document. */
function missingSignatures(document: KeyDocument, signers: NextSigners): string | null {
  try {
    verifyNextKeyDocument(document, signers);
    return null;
  } catch (error) {
    if (codeOf(error) !== 'KEYS_UNTRUSTED') throw error;
  }
  const before = signers.version === 0 ? 'keys that hosts have configured' : `roots of version ${signers.version}`;
  const lacks = [lackOf(document, signers, before), lackOf(document, rootsOf(document), 'new roots')];
  const said = lacks.filter((lack) => lack !== null).join('; ');
  return `Key document ${document.version} is not signed by enough keys: ${said}.`;
}

function lackOf(document: KeyDocument, { keys, threshold }: KeyRoots, whose: string): string | null {
  const signed = new Set(keys.filter((key) => hasSigned(document, key)).map(({ thumbprint }) => thumbprint));
  if (signed.size >= threshold) return null;
  const could = keys.filter(({ thumbprint }) => !signed.has(thumbprint)).map(({ kid }) => printable(kid));
  return `${signed.size} of the ${whose} signed, but ${threshold} must (missing: ${could.join(', ')})`;
}

function hasSigned({ signatures }: KeyDocument, key: TrustedKey): boolean {
  return signatures.some((jws) => jws.kid === key.kid && isSignedBy(jws, key));
}

/**
 * Returns the private keys that belong to a root, each with the `kid` of that root. Throws OPTIONS_INVALID if none of
 * the keys belongs to a root.
 */
export function rootsAmong(
  signingKeys: readonly SigningKey[],
  signers: KeyRoots,
  { keys, roots: rootKids }: Pick<KeyDocumentPayload, 'keys' | 'roots'>,
): readonly SigningKey[] {
  const roots = [...signers.keys, ...readKeySet(keys).filter(({ kid }) => rootKids.includes(kid))];
  const found = signingKeys.flatMap((key) => {
    const root = roots.find(({ thumbprint }) => thumbprint === key.thumbprint);
    if (root !== undefined) return [{ ...key, kid: root.kid }];
    say(`The key ${printable(key.kid)} is not a root, so it does not sign the document.`);
    return [];
  });
  if (found.length > 0) return found;
  const kids = new Set(roots.map(({ kid }) => printable(kid)));
  throw misuse(`None of the keys given with --key is a root; the roots are ${[...kids].join(', ')}`);
}

function report(document: KeyDocument, path: string, missing: string | null, isJson: boolean): void {
  const { version, expiresAtMs, threshold, revoked, signatures } = document;
  const roots = new Set(document.roots.map(({ kid }) => kid));
  const expiresAt = new Date(expiresAtMs).toISOString();
  const keys = document.keys.map(({ kid, alg, thumbprint }) => ({ kid, alg, thumbprint, isRoot: roots.has(kid) }));
  const signedBy = signatures.map(({ kid }) => kid);
  if (isJson) {
    const facts = {
      version,
      path,
      isComplete: missing === null,
      missing,
      expiresAt,
      threshold,
      keys,
      revoked,
      signedBy,
    };
    answerJson(facts);
    return;
  }
  const lines = keys.map(
    ({ kid, thumbprint, isRoot }) => `  ${printable(kid)}  ${thumbprint}${isRoot ? '  root' : ''}`,
  );
  print(
    `Key document ${version} is in ${path}; it expires at ${expiresAt}. ` +
      `${threshold} of its roots must sign the next one.\n` +
      `${lines.join('\n')}\n${revoked.length === 0 ? '' : `Revoked: ${revoked.join(', ')}\n`}`,
  );
}
