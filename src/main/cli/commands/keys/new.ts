import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../../../../shared/clock.ts';
import { codeOf } from '../../../../shared/errors.ts';
import { thumbprintOf } from '../../../../shared/signatures/key-set.ts';
import type { SignatureAlgorithm } from '../../../../shared/signatures/trust.ts';
import { misuse } from '../../flags/option-values.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print } from '../../terminal/output.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';
import { OWNER_ONLY, readKeyFile, writeKeyFile } from './key-files.ts';

export interface NewKeyOptions {
  /** Path of the file for the private key. */
  readonly out: string;
  /** Path of the JWKS file to which the public key is added. */
  readonly public: string;
  readonly alg: SignatureAlgorithm;
  readonly kid?: string;
  /** Number of days until the key expires. By default, the key never expires. */
  readonly expires?: number;
  /** Whether to replace an existing private key file. */
  readonly force: boolean;
  readonly json: boolean;
}

const DAY_SECONDS = 86_400;

/** Number of thumbprint characters at the end of a default `kid`. */
const KID_THUMBPRINT = 8;

/**
 * Creates a key pair. Writes the private key to a file that only its owner can read, and adds the public key to a JWKS
 * file. Resolves with the exit code. Rejects with OPTIONS_INVALID if the file of the private key exists and `force` is
 * false, or if the JWKS already has a key with that `kid`.
 */
export async function runKeysNew(options: NewKeyOptions): Promise<number> {
  const { out, alg, force } = options;
  if (out === '-') throw misuse('A private key is never printed: name a file with --out');
  if (resolve(out) === resolve(options.public)) throw misuse('--out and --public name the same file');
  if (existsSync(out) && !force) throw misuse(`${out} already exists; give --force to replace it`);
  const known = readKeyFile(options.public, '--public');
  assertWritableFolder(dirname(options.public), '--public');
  const pair = alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk = pair.publicKey.export({ format: 'jwk' });
  const thumbprint = thumbprintOf(publicJwk as Record<string, string>);
  const nowMs = systemClock.now();
  const kid = options.kid ?? `${new Date(nowMs).toISOString().slice(0, 10)}-${thumbprint.slice(0, KID_THUMBPRINT)}`;
  if (known.some((key) => key.kid === kid)) throw misuse(`${options.public} already has a key with the kid ${kid}`);
  const exp = options.expires === undefined ? {} : { exp: Math.floor(nowMs / 1000 + options.expires * DAY_SECONDS) };
  const described = (jwk: JsonWebKey): object => ({ kid, alg, use: 'sig', ...exp, ...jwk });
  const privateKey = described(pair.privateKey.export({ format: 'jwk' }));
  writeOutputFile(out, `${JSON.stringify(privateKey, null, 2)}\n`, { mode: OWNER_ONLY, mayReplace: force });
  writeKeyFile(options.public, [...known, described(publicJwk)]);
  const expiresAt = 'exp' in exp ? new Date(exp.exp * 1000).toISOString() : null;
  if (options.json) answerJson({ kid, alg, thumbprint, expiresAt, out, public: options.public });
  else print(`kid         ${kid}\nthumbprint  ${thumbprint}\nexpires     ${expiresAt ?? 'never'}\n`);
  return EXIT.ok;
}

/**
 * Throws OPTIONS_INVALID if the folder cannot be written. Called before the private key is written, because a private
 * key whose public key cannot be stored would be useless.
 */
function assertWritableFolder(folder: string, flag: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw misuse(`Cannot write into the folder ${folder} of ${flag} (${codeOf(error) ?? 'unknown'})`);
  }
}
