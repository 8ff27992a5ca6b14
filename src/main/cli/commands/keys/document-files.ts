import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { codeOf, messageOf, SwitchyardError } from '../../../../shared/errors.ts';
import {
  type KeyDocument,
  MAX_KEY_DOCUMENT_BYTES,
  readKeyDocument,
  type SignedKeyDocument,
} from '../../../../shared/signatures/key-document.ts';
import { readKeySet } from '../../../../shared/signatures/key-set.ts';
import {
  type KeyRoots,
  verifyKeyDocument,
  verifyNextKeyDocument,
} from '../../../../shared/signatures/verify-key-document.ts';
import { misuse } from '../../flags/option-values.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';
import { requiredKeyFile } from './key-files.ts';

const VERSION = '{version}';

/** File name suffix of a key document that needs further signatures. */
export const PARTIAL = '.partial';

/** The key documents in a folder, one file for each version. */
export interface DocumentFiles {
  readonly pathOf: (version: number) => string;
  /** The newest document; null if there is no document yet. */
  readonly newest: KeyDocument | null;
}

/**
 * The keys that may sign the next document, and how many of them must sign. `version` is the version of the document
 * that lists these keys, or 0 if hosts have configured the keys.
 */
export interface NextSigners extends KeyRoots {
  readonly version: number;
}

/**
 * Finds the newest document among the files that a pattern matches. Verifies it against the previous document or, if
 * there is no file with the previous document, against its own roots. Throws OPTIONS_INVALID if the pattern is a URL or
 * has no `{version}`, or if the document cannot be read. Throws a `KEYS_…` code if the document is invalid.
 */
export function openDocuments(pattern: string): DocumentFiles {
  if (/^https?:/i.test(pattern))
    throw misuse('--documents must be a path, not a URL: write the files first, then publish them');
  if (!basename(pattern).includes(VERSION) || pattern.split(VERSION).length !== 2)
    throw misuse(
      `--documents ${pattern} must contain {version} exactly once, in the file name, as in keys.{version}.json`,
    );
  const pathOf = (version: number): string => pattern.replaceAll(VERSION, String(version));
  const version = newestVersion(pattern);
  if (version === 0) return { pathOf, newest: null };
  const newest = readDocument(pathOf(version), version);
  const before = existingDocument(pathOf(version - 1), version - 1);
  if (before !== null) verifyNextKeyDocument(newest, { ...rootsOf(before), version: before.version });
  else verifyKeyDocument(newest, rootsOf(newest));
  return { pathOf, newest };
}

/**
 * Returns the keys that hosts accept as signers of the next document. These are the roots of the newest document or,
 * for the first document, the configured keys.
 */
export function nextSigners(newest: KeyDocument | null, configured: readonly object[], threshold: number): NextSigners {
  if (newest !== null) return { ...rootsOf(newest), version: newest.version };
  return { keys: readKeySet({ keys: configured }), threshold, version: 0 };
}

/**
 * Reads the keys that hosts have configured, which must sign the first document. Returns an empty list if there is a
 * document already. Throws OPTIONS_INVALID if the command line does not name the file with the keys.
 */
export function configuredKeys(newest: KeyDocument | null, path: string | undefined, flag: string): readonly object[] {
  if (newest !== null) return [];
  if (path === undefined)
    throw misuse(
      `There is no key document yet: give ${flag} FILE with the public keys that hosts are configured to trust`,
    );
  return requiredKeyFile(path, flag);
}

/** Returns the roots that may sign the document after this one, and how many of them must sign. */
export function rootsOf({ roots, threshold }: KeyDocument): KeyRoots {
  return { keys: roots, threshold };
}

/**
 * Reads a key document. Throws OPTIONS_INVALID if the file does not exist, cannot be read, or contains a version other
 * than `version`. Throws KEYS_INVALID if the content is invalid.
 */
export function readDocument(path: string, version?: number): KeyDocument {
  const document = existingDocument(path, version);
  if (document === null) throw misuse(`There is no key document ${path}`);
  return document;
}

function existingDocument(path: string, version?: number): KeyDocument | null {
  try {
    if (statSync(path).size > MAX_KEY_DOCUMENT_BYTES) throw misuse(`The key document ${path} is too large`);
    const document = readKeyDocument(readFileSync(path));
    if (version !== undefined && document.version !== version)
      throw misuse(`${path} is version ${document.version} of the key documents, not version ${version}`);
    return document;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    if (code === 'OPTIONS_INVALID') throw error;
    if (code === 'KEYS_INVALID') throw new SwitchyardError(code, `${path}: ${messageOf(error)}`, { cause: error });
    throw misuse(`Cannot read the key document ${path} (${code ?? 'unknown'})`);
  }
}

/** Writes a document to the file from which hosts read it. Never replaces an existing file. */
export function writeDocument(path: string, document: SignedKeyDocument): void {
  const remedy = 'somebody else has just written it: check it with `keys list`, and run this command again';
  writeOutputFile(path, textOf(document), { mayReplace: false, remedy });
}

/** Writes a document that needs further signatures. */
export function writePartialDocument(path: string, document: SignedKeyDocument, mayReplace: boolean): void {
  writeOutputFile(path, textOf(document), { mayReplace });
}

function textOf(document: SignedKeyDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Returns the highest version for which there is a file; 0 if there is no file. */
function newestVersion(pattern: string): number {
  const [start = '', end = ''] = basename(pattern).split(VERSION, 2);
  let names: string[];
  try {
    names = readdirSync(dirname(pattern));
  } catch (error) {
    throw misuse(`Cannot list the folder ${dirname(pattern)} of --documents (${codeOf(error) ?? 'unknown'})`);
  }
  const versions = names.flatMap((name) => {
    const digits =
      name.startsWith(start) && name.endsWith(end) ? name.slice(start.length, name.length - end.length) : '';
    return /^[1-9]\d{0,8}$/.test(digits) ? [Number(digits)] : [];
  });
  return Math.max(0, ...versions);
}
