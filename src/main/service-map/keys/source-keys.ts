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

/** Timeout for all key documents of one refresh, however long a map may take. */
const TIMEOUT_MS = 5_000;

/** Failures of a load that a newer key document may resolve. */
const CURED_BY_KEYS: ReadonlySet<ErrorCode> = new Set([
  'MAP_SIGNATURE_UNTRUSTED',
  'MAP_SIGNATURE_MISMATCH',
  'MAP_KEY_REVOKED',
  'MAP_KEY_EXPIRED',
  'KEYS_EXPIRED',
]);

/** The part of a key document that the map in force is checked against. */
type JudgingDocument = Pick<KeyDocument, 'version' | 'revoked' | 'expiresAtMs'>;

/** Key documents that are followed in parallel with a load, and whether a newer document was found. */
export interface Following {
  readonly hasChanged: Promise<boolean>;
}

type SourceKeysDeps = Pick<CurrentMapDeps, 'clock' | 'elapsedMs' | 'logger' | 'loader' | 'onAlarm'>;

/**
 * The public keys of a source: the configured keys, or the keys of its newest key document. A source without key
 * documents requests none and waits for none.
 */
export class SourceKeys {
  readonly #options: MapOptions;
  readonly #ring: KeyRing | null;
  #configured: readonly TrustedKey[] = [];
  /** The remembered document of a source that no longer has key documents: the keys that it revokes stay revoked. */
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

  /** Takes the currently configured keys. */
  configure(keys: readonly TrustedKey[]): void {
    this.#configured = keys;
    this.#ring?.configure(keys);
    if (this.#left !== null && isReplacedBy(keys, this.#left)) this.#left = null;
  }

  /**
   * Takes over the key document that the store remembers, unless the configured keys were replaced after the document
   * was stored. Returns null if the document is not taken over.
   */
  remember(remembered: RememberedKeys, { keySet }: AskedSecrets): JudgingDocument | null {
    if (this.#ring === null) return this.#rememberLeft(remembered, keySet);
    const document = this.#ring.remember(remembered);
    this.configure(keySet);
    return this.#ring.version === document?.version ? document : null;
  }

  /** For a source without key documents, a remembered document only revokes keys; even its expiry is ignored. */
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

  /** Starts the budget of a refresh, which its attempts share. */
  startRefresh(): void {
    this.#ring?.startRefresh();
  }

  /**
   * Follows the key documents if the known documents must not be used. If there is no usable document, rejects with
   * KEYS_ROLLED_BACK or the reason why newer documents cannot be read. A source that accepts `either` does not reject,
   * but then needs the HMAC.
   */
  async assertUsable(secrets: AskedSecrets, signal: AbortSignal): Promise<void> {
    if (this.#ring === null || this.#ring.isUsable) return;
    await this.#follow(secrets, signal);
    this.#throwUnusable();
  }

  /**
   * Loads a map. The key documents are followed before the first load, and in parallel with each later one unless
   * `isDue` is false. `load` has to start again if there was a newer document. A map that is refused because of its
   * keys is tried again if a newer document was published. Rejects as {@link assertUsable} does.
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

  /** Follows the key documents, if there are some. Rejects only with the reason of `signal`. */
  async follow(secrets: AskedSecrets, signal: AbortSignal): Promise<void> {
    await this.#follow(secrets, signal);
  }

  #followBeside(secrets: AskedSecrets, signal: AbortSignal): Following {
    const hasChanged = this.#follow(secrets, signal);
    // The promise only rejects when the manager closes. By then it is possible that no caller waits for the promise.
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
