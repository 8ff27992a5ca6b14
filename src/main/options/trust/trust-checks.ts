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
      const remedy = 'To rotate its key, give one source signatureKey: [new, old]';
      const why = 'a second source keeps serving connectors that the newer map removed';
      throw refused(`${place}url`, `is also the URL of source "${other}". ${remedy}; ${why}`);
    }
    ids.set(canonical, id);
  }
}

function assertTogether(place: string, trust: TrustChoice): void {
  const { signatureKey, signatureKeys, threshold, keyDocuments, minVersion } = trust;
  if (signatureKey === undefined && signatureKeys === undefined) {
    const message =
      'must be a string that is not empty, or a function, or a list of these, unless signatureKeys is given';
    throw refused(`${place}signatureKey`, message);
  }
  const accept = trust.accept ?? defaultAccept(trust);
  if (accept !== 'signature' && signatureKey === undefined)
    throw refused(`${place}accept`, `${accept} needs signatureKey`);
  if (accept !== 'hmac' && signatureKeys === undefined)
    throw refused(`${place}accept`, `${accept} needs signatureKeys`);
  for (const [name, value] of Object.entries({ threshold, keyDocuments }))
    if (value !== undefined && signatureKeys === undefined) throw refused(place + name, 'needs signatureKeys');
  if (minVersion !== undefined && keyDocuments === undefined) throw refused(`${place}minVersion`, 'needs keyDocuments');
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
    throw refused(`${place}threshold`, `${threshold} keys must sign, but signatureKeys holds ${count} different ones`);
}

function refused(option: string, message: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('OPTIONS_INVALID', `Option ${option}: ${message}.`, { cause, detail: { option } });
}
