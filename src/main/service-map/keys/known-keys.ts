import type { KeyDocument } from '../../../shared/signatures/key-document.ts';
import type { TrustedKey } from '../../../shared/signatures/trust.ts';
import { configuredKeys, type KeysInForce } from '../trust/source-trust.ts';
import { knownAmong } from './known-among.ts';
import { type AnchoredDocument, isReplacedBy, type RememberedKeys, readRemembered } from './remembered-document.ts';

/** The newest accepted key document, the lowest version that may be used, and the resulting keys. */
export class KnownKeys {
  readonly #minVersion: number;
  #known: AnchoredDocument | null = null;
  /** The keys that the document revokes. Contains only keys that this document or an earlier one lists. */
  #revokedKeys: readonly TrustedKey[] = [];
  #neededVersion: number;
  #isRemembered = false;

  constructor(minVersion: number | null) {
    this.#minVersion = minVersion ?? 0;
    this.#neededVersion = this.#minVersion;
  }

  /** The newest accepted document; null while the configured keys apply. */
  get document(): KeyDocument | null {
    return this.#known?.document ?? null;
  }

  /** The version of the newest accepted document; 0 while the configured keys apply. */
  get version(): number {
    return this.document?.version ?? 0;
  }

  /** The lowest version whose keys may be used: `minVersion`, or the version of an earlier run if that is higher. */
  get neededVersion(): number {
    return this.#neededVersion;
  }

  /** Whether the newest accepted document is new enough for its keys to be used. */
  get isUsable(): boolean {
    return this.version >= this.#neededVersion;
  }

  /**
   * Returns the keys that may sign a map. These are the configured keys until a document is accepted. If the document
   * is too old, no key may sign.
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
   * Accepts the document that an earlier run accepted. Returns null if it is not newer than the known one. Throws
   * KEYS_INVALID or KEYS_UNTRUSTED if the document is damaged. Even a damaged document raises the needed version.
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

  /** Replaces the known document by this one, which must be verified. */
  take(known: AnchoredDocument): void {
    const { revoked, revokedKeys } = known.document;
    this.#revokedKeys = knownAmong(revoked, [...revokedKeys, ...(this.document?.keys ?? []), ...this.#revokedKeys]);
    this.#known = known;
  }

  /**
   * Forgets the document and the needed version if all configured keys were replaced by other keys. Returns true in
   * that case.
   */
  forgetIfReplacedBy(configured: readonly TrustedKey[]): boolean {
    if (this.#known === null || !isReplacedBy(configured, this.#known)) return false;
    this.#known = null;
    this.#revokedKeys = [];
    this.#neededVersion = this.#minVersion;
    this.#isRemembered = false;
    return true;
  }
}
