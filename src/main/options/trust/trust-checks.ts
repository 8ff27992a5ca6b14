import { codeOf, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { readKeySet } from '../../../shared/signatures/key-set.ts';
import { canonicalMapUrl } from '../map-url.ts';
import { defaultAccept, type TrustChoice } from './trust-options.ts';

/**
 * A service map with checked options. `place` is the prefix of its option names in messages: empty, or for example
 * `sources[1].`.
 */
interface PlacedSource {
  readonly place: string;
  readonly id: string;
  readonly url: string;
  readonly trust: TrustChoice;
}

/**
 * Checks that the trust options of each service map are consistent, and that no two service maps have the same URL.
 * Throws OPTIONS_INVALID, whose message names the option.
 */
export function assertTrustable(sources: readonly PlacedSource[]): void {
  for (const { place, trust } of sources) assertTogether(place, trust);
  const ids = new Map<string, string>();
  for (const { place, id, url } of sources) {
    const canonical = canonicalMapUrl(url);
    const other = ids.get(canonical);
    if (other !== undefined) {
      const remedy = 'To rotate the key, use one source with signatureKey: [new, old]';
      const why = 'a second source would still serve connectors that the newer map has removed';
      throw refused(`${place}url`, `it is also the URL of source "${other}". ${remedy}, because ${why}`);
    }
    ids.set(canonical, id);
  }
}

function assertTogether(place: string, trust: TrustChoice): void {
  const { signatureKey, signatureKeys, threshold, keyDocuments, minVersion } = trust;
  if (signatureKey === undefined && signatureKeys === undefined) {
    const message = 'it is missing. Set it to a string, a function or a list of these, or set signatureKeys instead';
    throw refused(`${place}signatureKey`, message);
  }
  const accept = trust.accept ?? defaultAccept(trust);
  if (accept !== 'signature' && signatureKey === undefined)
    throw refused(`${place}accept`, `"${accept}" also needs the option signatureKey`);
  if (accept !== 'hmac' && signatureKeys === undefined)
    throw refused(`${place}accept`, `"${accept}" also needs the option signatureKeys`);
  for (const [name, value] of Object.entries({ threshold, keyDocuments }))
    if (value !== undefined && signatureKeys === undefined) throw refused(place + name, 'it needs signatureKeys');
  if (minVersion !== undefined && keyDocuments === undefined)
    throw refused(`${place}minVersion`, 'it needs keyDocuments');
  if (typeof signatureKeys === 'object') assertKeySet(place, signatureKeys, threshold ?? 1);
}

/** Checks a JWK set that is in the options. Sets from a file or a function are checked at each load instead. */
function assertKeySet(place: string, keySet: object, threshold: number): void {
  let count: number;
  try {
    count = new Set(readKeySet(keySet).map(({ thumbprint }) => thumbprint)).size;
  } catch (cause) {
    if (codeOf(cause) !== 'KEYS_INVALID') throw cause;
    throw refused(`${place}signatureKeys`, messageOf(cause).replace(/\.$/, ''), cause);
  }
  if (threshold > count)
    throw refused(`${place}threshold`, `${threshold} different keys must sign, but signatureKeys has only ${count}`);
}

function refused(option: string, message: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('OPTIONS_INVALID', `Option ${option}: ${message}.`, { cause, detail: { option } });
}
