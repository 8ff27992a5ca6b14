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
  /** The path of the documents, with `{version}`. */
  readonly documents: string;
  /** The files of the private keys that sign. */
  readonly key: readonly string[];
  readonly keys?: string;
  readonly configured?: string;
  readonly roots?: readonly string[];
  readonly threshold?: number;
  /** Days until the document expires. */
  readonly expires: number;
  readonly partial: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Writes the document that follows the newest one, if hosts would accept it. Returns the exit code. Throws
 * OPTIONS_INVALID, naming the missing signatures, if hosts would not accept it and `--partial` is not given.
 */
export function writeNextDocument(
  options: DocumentOptions,
  change: { readonly removed: readonly string[]; readonly revoked: readonly string[] },
): number {
  const files = openDocuments(options.documents);
  const { newest } = files;
  const configured = configuredKeys(newest, options.configured ?? options.keys, '--keys') as readonly PublicJwk[];
  const asked = options.keys === undefined ? [] : requiredKeyFile(options.keys, '--keys');
  const added = newest === null && options.configured !== undefined ? [...configured, ...asked] : asked;
  const { roots, threshold } = options;
  const payload = nextPayload(newest, { ...change, added, roots, threshold, expiresInMs: options.expires * DAY_MS });
  const signers = nextSigners(newest, configured, threshold ?? 1);
  const signingKeys = readPrivateKeys(options.key).map(({ key }) => key);
  const document = createKeyDocument(payload, rootsAmong(signingKeys, signers, payload));
  return writeIfComplete({ files, signers, document, ...options });
}

interface Written {
  readonly files: DocumentFiles;
  readonly signers: NextSigners;
  readonly document: SignedKeyDocument;
  readonly documents: string;
  readonly partial: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/** Writes a document where hosts look for it if they would accept it, or else, with `--partial`, next to that place. */
export function writeIfComplete({ files, signers, document, documents, partial, force, json }: Written): number {
  const read = readKeyDocument(JSON.stringify(document));
  const missing = missingSignatures(read, signers);
  const path = files.pathOf(read.version);
  if (missing !== null && !partial)
    throw misuse(`${missing} Give their private keys with --key too, or --partial to have others sign later`);
  const written = missing === null ? path : path + PARTIAL;
  if (missing === null) writeDocument(written, document);
  else writePartialDocument(written, document, force);
  if (missing === null) rmSync(path + PARTIAL, { force: true });
  else {
    const command = ownCommand('keys', 'sign-document', '--documents', documents, '--key', 'FILE');
    say(`${missing} Their holders run: ${command}`);
  }
  report(read, written, missing, json);
  return EXIT.ok;
}

/** Returns why hosts would not accept the document yet, as a sentence; null if they would. */
function missingSignatures(document: KeyDocument, signers: NextSigners): string | null {
  try {
    verifyNextKeyDocument(document, signers);
    return null;
  } catch (error) {
    if (codeOf(error) !== 'KEYS_UNTRUSTED') throw error;
  }
  const before = signers.version === 0 ? 'keys that hosts have configured' : `roots of version ${signers.version}`;
  const lacks = [lackOf(document, signers, before), lackOf(document, rootsOf(document), 'roots of its own')];
  const said = lacks.filter((lack) => lack !== null).join('; ');
  return `Key document ${document.version} is not signed by enough keys: ${said}.`;
}

function lackOf(document: KeyDocument, { keys, threshold }: KeyRoots, whose: string): string | null {
  const signed = new Set(keys.filter((key) => hasSigned(document, key)).map(({ thumbprint }) => thumbprint));
  if (signed.size >= threshold) return null;
  const could = keys.filter(({ thumbprint }) => !signed.has(thumbprint)).map(({ kid }) => printable(kid));
  return `${signed.size} of the ${whose} signed and ${threshold} must, out of ${could.join(', ')}`;
}

function hasSigned({ signatures }: KeyDocument, key: TrustedKey): boolean {
  return signatures.some((jws) => jws.kid === key.kid && isSignedBy(jws, key));
}

/**
 * Returns the private keys whose signatures count, under the `kid` of their root. Throws OPTIONS_INVALID if no key is a
 * root.
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
  throw misuse(`No key of --key is a root; the roots are ${[...kids].join(', ')}`);
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
