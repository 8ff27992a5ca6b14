import type { KeyDocument } from '../../../shared/signatures/key-document.ts';
import type { TrustedKey } from '../../../shared/signatures/trust.ts';
import { configuredKeys, type KeysInForce } from '../trust/source-trust.ts';
import { knownAmong } from './known-among.ts';
import { type AnchoredDocument, isReplacedBy, type RememberedKeys, readRemembered } from './remembered-document.ts';

/** The newest key document that is believed, how new it has to be, and the keys that follow from it. */
export class KnownKeys {
  readonly #minVersion: number;
  #known: AnchoredDocument | null = null;
  /** Keys that the document revokes, of it or of those before it. */
  #revokedKeys: readonly TrustedKey[] = [];
  #neededVersion: number;
  #isRemembered = false;

  constructor(minVersion: number | null) {
    this.#minVersion = minVersion ?? 0;
    this.#neededVersion = this.#minVersion;
  }

  /** Null while the configured keys count. */
  get document(): KeyDocument | null {
    return this.#known?.document ?? null;
  }

  /** The version of the document; 0 while the configured keys count. */
  get version(): number {
    return this.document?.version ?? 0;
  }

  /** Keys of an older version must not be used: `minVersion`, or the version that was remembered. */
  get neededVersion(): number {
    return this.#neededVersion;
  }

  /** Whether the document is new enough for its keys to be used. */
  get isUsable(): boolean {
    return this.version >= this.#neededVersion;
  }

  /**
   * The keys that may sign a map: the configured ones, until there is a document whose keys take their place. None
   * where the document is too old.
   */
  inForce(configured: readonly TrustedKey[]): Omit<KeysInForce, 'lastError'> {
    const trustsConfigurationAlone = !this.#isRemembered;
    if (this.document === null) return { ...configuredKeys(this.isUsable ? configured : []), trustsConfigurationAlone };
    const { version, keys, revoked, expiresAtMs } = this.document;
    const kids = new Set(keys.map(({ kid }) => kid));
    const revokedKeys = knownAmong(revoked, [...this.#revokedKeys, ...configured]).filter(({ kid }) => !kids.has(kid));
    return { keys: this.isUsable ? keys : [], revoked, revokedKeys, version, expiresAtMs, trustsConfigurationAlone };
  }

  /**
   * Takes up the document that an earlier run believed; null where it is not newer than the one known. Throws
   * KEYS_INVALID or KEYS_UNTRUSTED where it is damaged; its version is needed all the same.
   */
  remember({ keyVersion, keyDocument }: RememberedKeys): KeyDocument | null {
    if (keyVersion === null) return null;
    this.#isRemembered = true;
    this.#neededVersion = Math.max(this.#neededVersion, keyVersion);
    if (keyDocument === null || keyVersion <= this.version) return null;
    const remembered = readRemembered(keyDocument);
    if (remembered.document.version !== keyVersion) return null;
    this.take(remembered);
    return remembered.document;
  }

  /** Believes a document from now on. */
  take(known: AnchoredDocument): void {
    const { revoked, revokedKeys } = known.document;
    this.#revokedKeys = knownAmong(revoked, [...revokedKeys, ...(this.document?.keys ?? []), ...this.#revokedKeys]);
    this.#known = known;
  }

  /** Forgets everything where all configured keys were replaced by others. Whether it did. */
  forgetIfReplacedBy(configured: readonly TrustedKey[]): boolean {
    if (this.#known === null || !isReplacedBy(configured, this.#known)) return false;
    this.#known = null;
    this.#revokedKeys = [];
    this.#neededVersion = this.#minVersion;
    this.#isRemembered = false;
    return true;
  }
}
