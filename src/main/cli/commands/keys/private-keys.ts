import { statSync } from 'node:fs';
import { epochMsOf, systemClock } from '../../../../shared/clock.ts';
import { messageOf, SwitchyardError } from '../../../../shared/errors.ts';
import { shownKid } from '../../../../shared/signatures/shown-kid.ts';
import { readSigningKey, type SigningKey } from '../../../../shared/signatures/signing-key.ts';
import { misuse } from '../../flags/option-values.ts';
import { say } from '../../terminal/output.ts';
import { readJson } from './key-files.ts';

/** A private key that was read from a file, with its expiry. */
export interface KeyFromFile {
  readonly key: SigningKey;
  /** The JWK with the private part. Never write it to logs or messages. */
  readonly jwk: object;
  /** Time at which the key expires, in epoch milliseconds; null if the key does not expire. */
  readonly expiresAtMs: number | null;
}

/**
 * Reads the private keys from the files of `--key`. A key that is named twice is returned once. Warns on stderr about
 * files that other users can read. Throws OPTIONS_INVALID if a file is missing, and KEYS_INVALID if a file has no
 * private key. The messages quote no key.
 */
export function readPrivateKeys(paths: readonly string[]): readonly KeyFromFile[] {
  const keys = new Map<string, KeyFromFile>();
  for (const path of paths) {
    const value = readJson(path, '--key');
    if (value === null) throw misuse(`There is no file ${path}, which --key names`);
    const key = signingKeyIn(value, path);
    warnIfShared(path);
    keys.set(key.thumbprint, { key, jwk: value as object, expiresAtMs: expiryOf(value) });
  }
  return [...keys.values()];
}

/** Throws OPTIONS_INVALID if a key has expired, because hosts would refuse its signatures. */
export function assertCurrent({ key, expiresAtMs }: KeyFromFile, nowMs: number = systemClock.now()): void {
  if (expiresAtMs === null || expiresAtMs > nowMs) return;
  const at = new Date(expiresAtMs).toISOString();
  throw misuse(
    `The key ${shownKid(key.kid)} expired at ${at}: sign with a current one (\`mcp-switchyard keys rotate\`)`,
  );
}

function signingKeyIn(value: unknown, path: string): SigningKey {
  try {
    return readSigningKey(value);
  } catch (error) {
    const why = `The file ${path} of --key is not a private key as \`keys new --out\` writes it`;
    throw new SwitchyardError('KEYS_INVALID', `${why}: ${messageOf(error)}`, { cause: error });
  }
}

function expiryOf(jwk: unknown): number | null {
  const { exp } = jwk as { readonly exp?: unknown };
  if (exp === undefined) return null;
  if (typeof exp === 'number' && Number.isFinite(exp)) return epochMsOf(exp);
  throw misuse('The field `exp` of a private key is not a number of seconds since 1970');
}

function warnIfShared(path: string): void {
  if (process.platform === 'win32' || (statSync(path).mode & 0o077) === 0) return;
  say(`Other users can read the private key in ${path}: run chmod 600 on it.`);
}
