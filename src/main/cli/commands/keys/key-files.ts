import { readFileSync, realpathSync, statSync } from 'node:fs';
import { codeOf } from '../../../../shared/errors.ts';
import { parseStrictJson } from '../../../../shared/map/strict-json.ts';
import { readKeySet } from '../../../../shared/signatures/key-set.ts';
import { misuse } from '../../flags/option-values.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';

/** A public key as a JWKS file holds it. */
export type PublicJwk = Readonly<Record<string, unknown>>;

/** The mode of files that hold a private key. */
export const OWNER_ONLY = 0o600;

const MAX_KEY_FILE_BYTES = 1024 * 1024;

/**
 * Reads the keys of a JWKS file as they are; returns none if the file does not exist. Throws OPTIONS_INVALID if it
 * cannot be read or is not a JWKS, KEYS_INVALID if its keys are unusable or private.
 */
export function readKeyFile(path: string, flag: string): readonly PublicJwk[] {
  const value = readJson(path, flag);
  if (value === null) return [];
  const keys = typeof value === 'object' && 'keys' in value ? value.keys : null;
  if (!Array.isArray(keys)) throw misuse(`${path} of ${flag} is not a JWKS: {"keys": […]}`);
  // An empty set is allowed: the file may have been prepared for later keys.
  if (keys.length > 0) readKeySet(value);
  return keys as readonly PublicJwk[];
}

/** Reads the keys of a JWKS file that must exist and hold a key. Throws OPTIONS_INVALID or KEYS_INVALID. */
export function requiredKeyFile(path: string, flag: string): readonly PublicJwk[] {
  const keys = readKeyFile(path, flag);
  if (keys.length === 0) throw misuse(`There is no key in ${path}, which ${flag} names`);
  return keys;
}

/** Writes a JWKS file. An existing file keeps its permissions, and a symbolic link stays a link. */
export function writeKeyFile(path: string, keys: readonly object[]): void {
  const text = `${JSON.stringify({ keys }, null, 2)}\n`;
  let target: string;
  try {
    target = realpathSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw misuse(`Cannot write ${path} (${codeOf(error) ?? 'unknown'})`);
    const remedy = 'another command has written it meanwhile: run this one again';
    writeOutputFile(path, text, { mayReplace: false, remedy });
    return;
  }
  writeOutputFile(target, text, { mode: statSync(target).mode & 0o777 });
}

/** Returns the value of a JSON file that a flag names; null if there is no such file. Throws OPTIONS_INVALID. */
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
    // Leaves out the parser's message: it quotes the file, which may hold a private key.
    throw misuse(`The file ${path} of ${flag} is not strict JSON (${codeOf(error) ?? 'unknown'})`);
  }
}
