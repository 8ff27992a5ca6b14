import type { ErrorCode } from '../../../shared/error-codes.ts';
import { ConnectorManifestError } from '../../../shared/errors.ts';
import type { KeyDocument } from '../../../shared/signatures/key-document.ts';
import type { TrustedKey } from '../../../shared/signatures/trust.ts';
import type { MapOptions } from '../../options/map-options.ts';
import type { CurrentMapDeps } from '../current-map-deps.ts';
import type { LoadOutcome } from '../loading/collect-load.ts';
import type { AskedSecrets } from '../loading/load-task.ts';
import { configuredKeys, type KeysInForce } from '../trust/source-trust.ts';
import { createDocumentPlace } from './create-document-place.ts';
import { type BelievedDocument, KeyRing } from './key-ring.ts';
import { type AnchoredDocument, isReplacedBy, type RememberedKeys, readRemembered } from './remembered-document.ts';

/** Timeout for all key documents of one refresh together. It does not depend on the timeout of the map. */
const TIMEOUT_MS = 5_000;

/** Failures of a load that a newer key document may resolve. */
const CURED_BY_KEYS: ReadonlySet<ErrorCode> = new Set([
  'MAP_SIGNATURE_UNTRUSTED',
  'MAP_SIGNATURE_MISMATCH',
  'MAP_KEY_REVOKED',
  'MAP_KEY_EXPIRED',
  'KEYS_EXPIRED',
]);

/** The part of a key document that the current map is checked against. */
type JudgingDocument = Pick<KeyDocument, 'version' | 'revoked' | 'expiresAtMs'>;

/** Key documents that are read in parallel with a load. */
export interface Following {
  readonly hasChanged: Promise<boolean>;
}

type SourceKeysDeps = Pick<CurrentMapDeps, 'clock' | 'elapsedMs' | 'logger' | 'loader' | 'onAlarm'>;

/**
 * The public keys of a source: the configured keys, or the keys of its newest key document. If the source has no key
 * documents, nothing is requested.
 */
export class SourceKeys {
  readonly #options: MapOptions;
  readonly #ring: KeyRing | null;
  #configured: readonly TrustedKey[] = [];
  /**
   * The stored document of a source that no longer has key documents. The keys that the document revokes stay revoked.
   */
  #left: AnchoredDocument | null = null;

  /** `onDocument` is called for each newly accepted key document, the oldest first. */
  constructor(options: MapOptions, deps: SourceKeysDeps, onDocument: (believed: BelievedDocument) => void) {
    this.#options = options;
    this.#ring = createRing(options, deps, onDocument);
  }

  get inForce(): KeysInForce {
    if (this.#ring !== null) return this.#ring.inForce(this.#configured);
    return { ...configuredKeys(this.#configured), revoked: this.#left?.document.revoked ?? [] };
  }

  /** Sets the configured keys, which may have changed. */
  configure(keys: readonly TrustedKey[]): void {
    this.#configured = keys;
    this.#ring?.configure(keys);
    if (this.#left !== null && isReplacedBy(keys, this.#left)) this.#left = null;
  }

  /**
   * Accepts the stored key document, unless the configured keys were replaced after the document was stored. Returns
   * null if the document is not accepted.
   */
  remember(remembered: RememberedKeys, { keySet }: AskedSecrets): JudgingDocument | null {
    if (this.#ring === null) return this.#rememberLeft(remembered, keySet);
    const document = this.#ring.remember(remembered);
    this.configure(keySet);
    return this.#ring.version === document?.version ? document : null;
  }

  /**
   * Uses the stored document of a source that no longer has key documents. It only revokes keys, and its expiry is
   * ignored.
   */
  #rememberLeft({ keyDocument }: RememberedKeys, keySet: readonly TrustedKey[]): JudgingDocument | null {
    if (keyDocument === null) return null;
    try {
      this.#left = readRemembered(keyDocument);
    } catch {
      // The document is damaged, so only the configured keys are left.
      return null;
    }
    this.configure(keySet);
    if (this.#left === null) return null;
    const { version, revoked } = this.#left.document;
    return { version, revoked, expiresAtMs: Number.POSITIVE_INFINITY };
  }

  /** Resets the limits that all attempts of a refresh share. */
  startRefresh(): void {
    this.#ring?.startRefresh();
  }

  /**
   * Reads newer key documents if the known document is too old. If there still is no usable document, rejects with
   * KEYS_ROLLED_BACK or the reason why newer documents cannot be read. If the source has the trust `either`, does not
   * reject in these cases, but the maps then need the HMAC.
   */
  async assertUsable(secrets: AskedSecrets, signal: AbortSignal): Promise<void> {
    if (this.#ring === null || this.#ring.isUsable) return;
    await this.#follow(secrets, signal);
    this.#throwUnusable();
  }

  /**
   * Loads a map. Key documents are read before the first load, and in parallel with each later load unless `isDue` is
   * false. `load` must repeat its work if `following` finds a newer document. If a map is refused because of its keys
   * and a newer document is published, the map is loaded again. Rejects as {@link assertUsable} does.
   */
  async load(
    secrets: AskedSecrets,
    signal: AbortSignal,
    load: (following: Following | null) => Promise<LoadOutcome>,
    isDue = true,
  ): Promise<LoadOutcome> {
    if (this.#ring === null) return load(null);
    const isKnown = this.#ring.hasFollowed && this.#ring.isUsable;
    const following = isKnown && isDue ? this.#followBeside(secrets, signal) : null;
    if (!isKnown) {
      await this.#follow(secrets, signal);
      this.#throwUnusable();
    }
    const outcome = await load(following);
    if (outcome.kind !== 'failed' || !CURED_BY_KEYS.has(outcome.error.code)) return outcome;
    return (await this.#follow(secrets, signal)) ? load(null) : outcome;
  }

  /** Reads newer key documents, if the source has any. Rejects only with the reason of `signal`. */
  async follow(secrets: AskedSecrets, signal: AbortSignal): Promise<void> {
    await this.#follow(secrets, signal);
  }

  #followBeside(secrets: AskedSecrets, signal: AbortSignal): Following {
    const hasChanged = this.#follow(secrets, signal);
    // The promise rejects only when the manager closes, and perhaps no caller waits for it then.
    hasChanged.catch(() => {});
    return { hasChanged };
  }

  async #follow({ keySet, apiKey }: AskedSecrets, signal: AbortSignal): Promise<boolean> {
    const configured = { keys: keySet, threshold: this.#options.trust.threshold };
    return (await this.#ring?.follow({ configured, apiKey, signal })) ?? false;
  }

  #throwUnusable(): void {
    const failure = this.#ring?.unusable ?? null;
    if (failure === null || this.#options.trust.accept === 'either') return;
    throw new ConnectorManifestError(failure.code, failure.message);
  }
}

function createRing(
  { id, url, limits, trust }: MapOptions,
  { clock, elapsedMs, logger, loader, onAlarm }: SourceKeysDeps,
  onDocument: (believed: BelievedDocument) => void,
): KeyRing | null {
  const { keyDocuments, minVersion } = trust;
  if (keyDocuments === null) return null;
  const timeoutMs = Math.min(TIMEOUT_MS, limits.timeoutMs);
  const place = createDocumentPlace(keyDocuments, { fetch: loader.fetch, mapUrl: url, timeoutMs });
  return new KeyRing({ clock, elapsedMs, logger, sourceId: id, place, minVersion, timeoutMs, onAlarm, onDocument });
}
