import { systemClock } from '../../../shared/clock.ts';
import { canonicalJson } from '../../../shared/map/canonical-json.ts';
import { asServiceMap, checkServiceMap } from '../../../shared/map/service-map.ts';
import { parseStrictJson } from '../../../shared/map/strict-json.ts';
import { signServiceMap } from '../../../shared/signatures/sign-service-map.ts';
import { misuse, requiredVariable } from '../flags/option-values.ts';
import { KEY_VARIABLE } from '../flags/trust-options.ts';
import { answerJson } from '../terminal/json-document.ts';
import { counted, EXIT, print, printable, say } from '../terminal/output.ts';
import { readInput } from '../terminal/read-input.ts';
import { writeOutputFile } from '../terminal/write-output-file.ts';
import { assertCurrent, type KeyFromFile, readPrivateKeys } from './keys/private-keys.ts';
import { withoutStrayed } from './sign/kept-signatures.ts';

export interface SignOptions {
  /** Paths of private keys. Without private keys, the map gets only an HMAC. */
  readonly key?: readonly string[];
  /** Names of variables with HMAC keys. The first one is used, because verifiers expect the newest key first. */
  readonly keyEnv?: readonly string[];
  /** Whether to keep existing signatures of other keys. */
  readonly add: boolean;
  /** Path of the file to write. Defaults to stdout. */
  readonly out?: string;
  /** Whether to set `generatedAt` to the current time. */
  readonly stamp: boolean;
  readonly json: boolean;
}

/**
 * Checks a service map, signs it and writes it in canonical form, which hosts can verify fastest. Existing signatures
 * are replaced, except with `--add`. Resolves with the exit code. Rejects with OPTIONS_INVALID if a key has expired.
 */
export async function runSign(file: string, options: SignOptions): Promise<number> {
  if (options.add && options.stamp)
    throw misuse('--add needs an unchanged map, and --stamp changes its date: give only one of them');
  const keys = readPrivateKeys(options.key ?? []);
  for (const key of keys) assertCurrent(key);
  const hmacKey = hmacKeyOf(options);
  const map = asServiceMap(parseStrictJson(await readInput(file)));
  const dated = options.stamp ? { ...map, generatedAt: new Date(systemClock.now()).toISOString() } : map;
  const { entries, expiresAtMs } = checkServiceMap(dated, Number.POSITIVE_INFINITY);
  const toSign = options.add
    ? withoutStrayed(
        dated,
        keys.map(({ key }) => key),
      )
    : dated;
  const privateKeys = keys.map(({ jwk }) => jwk);
  const signed = signServiceMap(toSign, { keys: privateKeys, hmacKey, keepSignatures: options.add });
  const text = `${canonicalJson(signed)}\n`;
  if (options.out !== undefined) writeOutputFile(options.out, text);
  const expiresAt = new Date(expiresAtMs).toISOString();
  say(`Signed ${counted(entries.length, 'connector')}; the map expires at ${expiresAt}`);
  const signatures = keys.map((key) => signatureFacts(key, expiresAtMs));
  for (const { kid, thumbprint, expiresAt: until } of signatures)
    say(`  by the key ${printable(kid)} (${thumbprint}), until ${until}`);
  if (hmacKey === undefined && map.signature !== undefined)
    say('The old HMAC was removed, because it does not cover the new signatures: give --key-env to add an HMAC.');
  if (expiresAtMs <= systemClock.now())
    say('The map has expired already, so no host will accept it. Give --stamp to date it now.');
  const facts = { connectorCount: entries.length, expiresAt, out: options.out ?? null };
  if (options.json) answerJson({ signature: signed.signature ?? null, signatures, ...facts });
  else if (options.out === undefined) print(text);
  return EXIT.ok;
}

/** Returns the HMAC key. If private keys are given too, returns undefined unless `--key-env` is given. */
function hmacKeyOf({ key = [], keyEnv }: SignOptions): string | undefined {
  const [newest, ...older] = keyEnv ?? [];
  if (older.length > 0) say(`A map has only one HMAC. It is made with the key of the first --key-env, ${newest}.`);
  if (newest !== undefined) return requiredVariable(newest, '--key-env');
  if (key.length > 0) return undefined;
  const value = process.env[KEY_VARIABLE];
  if (value !== undefined && value !== '') return value;
  throw misuse(
    `There is no key to sign with: give --key FILE with a private key, set ${KEY_VARIABLE} for an HMAC, or name ` +
      'another variable with --key-env',
  );
}

function signatureFacts({ key: { kid, alg, thumbprint }, expiresAtMs }: KeyFromFile, mapExpiresAtMs: number) {
  const untilMs = Math.min(mapExpiresAtMs, expiresAtMs ?? mapExpiresAtMs);
  return { kid, alg, thumbprint, expiresAt: new Date(untilMs).toISOString() };
}
