import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AcceptPolicy } from '../../../shared/signatures/trust.ts';
import { misuse, repeated, requiredVariable, wholeNumber } from './option-values.ts';

/** Flags that say which signatures of a map are accepted, and how long an expired map may be used. */
export interface TrustOptions {
  /** Names of the variables with HMAC keys, the newest key first. Undefined if `--key-env` is not given. */
  readonly keyEnv?: readonly string[];
  /** Path of the JWKS file with the public keys that are trusted. */
  readonly keys?: string;
  /** URL or path of the key documents, in which `{version}` stands for the number of a document. */
  readonly keyDocuments?: string;
  readonly accept?: AcceptPolicy;
  readonly threshold?: number;
  readonly mapId?: string;
  readonly minVersion?: number;
  /**
   * How long a map may be used after its expiry, in milliseconds. Undefined if `--max-stale` is not given and the
   * command has no default.
   */
  readonly maxStale?: number | 'off';
}

/** The trust flags, converted to the options of a map source. */
export interface TrustChoice {
  readonly signatureKey: readonly string[] | undefined;
  readonly signatureKeys: string | undefined;
  readonly keyDocuments: string | undefined;
  readonly accept: AcceptPolicy | undefined;
  readonly threshold: number | undefined;
  readonly mapId: string | undefined;
  readonly minVersion: number | undefined;
  /** How long a map may be used after its expiry, in milliseconds; null for no limit. */
  readonly maxStaleMs: number | null | undefined;
}

/** Default name of the environment variable with the HMAC key. */
export const KEY_VARIABLE = 'CONNECTORS_SIGNATURE_KEY';

const POLICIES: readonly AcceptPolicy[] = ['hmac', 'signature', 'either', 'both'];

/** Defaults that differ from command to command. */
export interface TrustDefaults {
  /** Default of `--max-stale`. Without it, an expired map may be used without limit. */
  readonly maxStaleMs?: number;
}

/** Adds the flags of {@link TrustOptions} to a command. */
export function withTrust(command: Command, { maxStaleMs }: TrustDefaults = {}): Command {
  return command
    .option(
      '--key-env <name>',
      `variable with an HMAC key of the map; may be repeated, the newest first (default: ${KEY_VARIABLE})`,
      repeated,
    )
    .option('--keys <file>', 'JWKS file with the public keys that the map is signed with')
    .option('--key-documents <url|file>', 'where the signed key documents are; {version} stands for their number')
    .addOption(
      new Option(
        '--accept <policy>',
        'which signatures a map needs; by default the kinds whose keys are given',
      ).choices(POLICIES),
    )
    .option('--threshold <n>', 'how many different keys must have signed the map; 1 by default', wholeNumber)
    .option('--map-id <id>', 'the id that the map must have')
    .option('--min-version <n>', 'the oldest key document that is accepted', wholeNumber)
    .option('--max-stale <ms|off>', 'how long after its expiry a map may still be served', maxStale, maxStaleMs);
}

/** Parses the value of `--max-stale`: a number of milliseconds, or `off`. */
export function maxStale(text: string): number | 'off' {
  if (text === 'off') return text;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('Give a whole number of milliseconds, or off.');
}

/**
 * Returns the options of a source for these flags. Without `--keys`, only the HMAC is verified. With `--keys`, the HMAC
 * is verified only if `--key-env` or `--accept` asks for it. Throws OPTIONS_INVALID, which names the flags, if no key
 * is given.
 */
export function trustChoice(options: TrustOptions): TrustChoice {
  const { keys, keyDocuments, accept, threshold, mapId, minVersion } = options;
  assertTogether(options);
  const signatureKey = hmacKeys(options);
  return {
    signatureKey,
    signatureKeys: keys,
    ...{ keyDocuments, accept, threshold, mapId, minVersion },
    maxStaleMs: options.maxStale === 'off' ? null : options.maxStale,
  };
}

/**
 * Throws OPTIONS_INVALID for flags that do not fit together. A manager would refuse them too, but its errors name
 * library options instead of flags.
 */
function assertTogether({ keys, keyDocuments, accept, threshold, minVersion }: TrustOptions): void {
  if (keyDocuments !== undefined && keys === undefined)
    throw misuse('--key-documents needs --keys FILE: the public keys that verify the first key document');
  if (accept !== undefined && accept !== 'hmac' && keys === undefined)
    throw misuse(`--accept ${accept} needs --keys FILE: the public keys that the map is signed with`);
  if (threshold !== undefined && keys === undefined)
    throw misuse('--threshold needs --keys FILE: the public keys that the map is signed with');
  if (minVersion !== undefined && keyDocuments === undefined) throw misuse('--min-version needs --key-documents');
}

function hmacKeys({ keyEnv, keys, accept }: TrustOptions): readonly string[] | undefined {
  if (keyEnv !== undefined) {
    if (accept === 'signature') throw misuse('--accept signature ignores the HMAC: leave out --key-env');
    return keyEnv.map((name) => requiredVariable(name, '--key-env'));
  }
  if (keys !== undefined && (accept === undefined || accept === 'signature')) return undefined;
  const value = process.env[KEY_VARIABLE];
  if (value !== undefined && value !== '') return [value];
  throw misuse(
    keys === undefined
      ? `There is no key to verify the map with: set ${KEY_VARIABLE}, name another variable with --key-env, or give ` +
          '--keys FILE with the public keys'
      : `--accept ${accept} needs an HMAC key: set ${KEY_VARIABLE}, or name another variable with --key-env`,
  );
}
