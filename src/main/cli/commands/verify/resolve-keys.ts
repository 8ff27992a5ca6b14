import { monotonicMs, systemClock } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import type { NetworkSettings } from '../../../../shared/net/network.ts';
import { readKeySet } from '../../../../shared/signatures/key-set.ts';
import type { SignatureTrust } from '../../../../shared/signatures/trust.ts';
import { fetchOver } from '../../../http/late-fetch.ts';
import { createMainAgent } from '../../../http/main-agent.ts';
import { defaultAccept } from '../../../options/trust/trust-options.ts';
import { createDocumentPlace } from '../../../service-map/keys/create-document-place.ts';
import { KeyRing } from '../../../service-map/keys/key-ring.ts';
import type { TrustChoice } from '../../flags/trust-options.ts';
import { problemLogger } from '../../terminal/output.ts';
import { requiredKeyFile } from '../keys/key-files.ts';

/** Settings for the requests that fetch key documents. */
export interface KeyFetching {
  readonly network: NetworkSettings;
  /** The URL of the map; null if the map is a file. */
  readonly mapUrl: string | null;
  readonly apiKey: string | null;
  readonly timeoutMs: number;
}

/**
 * Returns which keys and signatures are trusted. With `--key-documents`, these are the keys of the newest key document.
 * Rejects with OPTIONS_INVALID or KEYS_INVALID for unusable keys, or with the reason why a key document cannot be
 * fetched.
 */
export async function resolveKeys(choice: TrustChoice, fetching: KeyFetching): Promise<SignatureTrust> {
  const { signatureKey = [], signatureKeys, threshold = 1, mapId = null, accept = defaultAccept(choice) } = choice;
  const keys = signatureKeys === undefined ? [] : readKeySet({ keys: requiredKeyFile(signatureKeys, '--keys') });
  const configured: SignatureTrust = {
    ...{ accept, hmacKeys: signatureKey, keys, threshold, mapId },
    revoked: [],
    requiresSignature: false,
    keysExpireAtMs: null,
  };
  return choice.keyDocuments === undefined
    ? configured
    : await followed(configured, { ...choice, keyDocuments: choice.keyDocuments }, fetching);
}

async function followed(
  configured: SignatureTrust,
  { keyDocuments, minVersion }: TrustChoice & { readonly keyDocuments: string },
  { network, mapUrl, apiKey, timeoutMs }: KeyFetching,
): Promise<SignatureTrust> {
  const dispatcher = createMainAgent(network);
  try {
    const fetchMap = fetchOver(dispatcher);
    const settings = { fetch: fetchMap, mapUrl: mapUrl ?? 'http://localhost/', timeoutMs };
    const ring = new KeyRing({
      sourceId: 'verify',
      place: createDocumentPlace(keyDocuments, settings),
      minVersion: minVersion ?? null,
      timeoutMs,
      onDocument: () => {},
      onAlarm: () => {},
      clock: systemClock,
      elapsedMs: monotonicMs,
      logger: problemLogger,
    });
    await ring.follow({ configured, apiKey, signal: new AbortController().signal });
    const { lastError, keys, revoked, expiresAtMs } = ring.inForce(configured.keys);
    const failure = ring.unusable ?? lastError;
    if (failure !== null) throw new SwitchyardError(failure.code, failure.message);
    return { ...configured, keys, revoked, keysExpireAtMs: expiresAtMs };
  } finally {
    await dispatcher.destroy();
  }
}
