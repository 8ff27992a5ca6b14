import { readFileSync, realpathSync, statSync } from 'node:fs';
import { codeOf } from '../../../../shared/errors.ts';
import { parseStrictJson } from '../../../../shared/map/strict-json.ts';
import { readKeySet } from '../../../../shared/signatures/key-set.ts';
import { misuse } from '../../flags/option-values.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';

/** A public key in the form of a JWKS file. */
export type PublicJwk = Readonly<Record<string, unknown>>;

/** The mode of files that hold a private key. */
export const OWNER_ONLY = 0o600;

const MAX_KEY_FILE_BYTES = 1024 * 1024;

/**
 * Reads the keys of a JWKS file without changing them. Returns an empty list if the file does not exist. Throws
 * OPTIONS_INVALID if the file cannot be read or is not a JWKS. Throws KEYS_INVALID if a key is private or cannot be
 * used.
 */
export function readKeyFile(path: string, flag: string): readonly PublicJwk[] {
  const value = readJson(path, flag);
  if (value === null) return [];
  const keys = typeof value === 'object' && 'keys' in value ? value.keys : null;
  if (!Array.isArray(keys)) throw misuse(`The file ${path} of ${flag} is not a JWKS of the form {"keys": […]}`);
  // An empty set is allowed, because keys may be added to the file later.
  if (keys.length > 0) readKeySet(value);
  return keys as readonly PublicJwk[];
}

/**
 * Reads the keys of a JWKS file. Throws OPTIONS_INVALID if the file does not exist or has no keys, and otherwise as
 * {@link readKeyFile} does.
 */
export function requiredKeyFile(path: string, flag: string): readonly PublicJwk[] {
  const keys = readKeyFile(path, flag);
  if (keys.length === 0) throw misuse(`There is no key in ${path}, which ${flag} names`);
  return keys;
}

/** Writes a JWKS file. Keeps the permissions of an existing file, and writes to the target of a symbolic link. */
export function writeKeyFile(path: string, keys: readonly object[]): void {
  const text = `${JSON.stringify({ keys }, null, 2)}\n`;
  let target: string;
  try {
    target = realpathSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw misuse(`Cannot write ${path} (${codeOf(error) ?? 'unknown'})`);
    const remedy = 'another command has just written it: run this command again';
    writeOutputFile(path, text, { mayReplace: false, remedy });
    return;
  }
  writeOutputFile(target, text, { mode: statSync(target).mode & 0o777 });
}

/**
 * Parses the JSON file that a flag names. Returns null if the file does not exist. Throws OPTIONS_INVALID if the file
 * cannot be read or is not valid.
 */
export function readJson(path: string, flag: string): unknown {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    throw misuse(`Cannot read the file ${path} of ${flag} (${code ?? 'unknown'})`);
  }
  if (bytes.length > MAX_KEY_FILE_BYTES) throw misuse(`The file ${path} of ${flag} is larger than 1 MiB`);
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    // The message of the parser is left out, because it quotes the file, and the file may contain a private key.
    throw misuse(`The file ${path} of ${flag} is not strict JSON (${codeOf(error) ?? 'unknown'})`);
  }
}
