import { deadline, nextTurn, raceSignal } from '../../../shared/clock.ts';
import type { ErrorCode } from '../../../shared/error-codes.ts';
import { asSwitchyardError, ConnectorManifestError, type SwitchyardError } from '../../../shared/errors.ts';
import { type KeyDocument, readKeyDocument } from '../../../shared/signatures/key-document.ts';
import type { TrustedKey } from '../../../shared/signatures/trust.ts';
import {
  type KeyRoots,
  verifyKeyDocument,
  verifyNextKeyDocument,
} from '../../../shared/signatures/verify-key-document.ts';
import type { ResolvedOptions } from '../../options/options.ts';
import type { KeyFailure, KeysInForce } from '../trust/source-trust.ts';
import { type DocumentPlace, unavailable } from './document-place.ts';
import { KnownKeys } from './known-keys.ts';
import { type RememberedKeys, textOfRemembered } from './remembered-document.ts';

/** Maximum number of documents that one refresh reads. The next refresh continues after them. */
const MAX_DOCUMENTS = 64;

/** Codes of failures that may be caused by an attack. */
const ALARMING: ReadonlySet<ErrorCode> = new Set(['KEYS_UNTRUSTED', 'KEYS_ROLLED_BACK']);

/** Dependencies of a key ring. */
export interface KeyRingDeps extends Pick<ResolvedOptions, 'clock' | 'elapsedMs' | 'logger'> {
  readonly sourceId: string;
  readonly place: DocumentPlace;
  /** The oldest version that is accepted; null accepts every version. */
  readonly minVersion: number | null;
  /** Timeout for all documents of one refresh together, in milliseconds. */
  readonly timeoutMs: number;
  /** Called for each new failure that may be caused by an attack. */
  readonly onAlarm: (code: ErrorCode) => void;
  /** Called for each newly accepted document, the oldest first. */
  readonly onDocument: (believed: BelievedDocument) => void;
}

/** A newly accepted document. */
export interface BelievedDocument {
  readonly document: KeyDocument;
  /** The text that is stored for the document. */
  readonly text: string;
  /** Whether the document replaces even a newer stored document, because all configured keys were replaced. */
  readonly startsOver: boolean;
}

/** Parameters for refreshing the key ring. */
export interface FollowParts {
  /** The configured keys, which verify the first document. */
  readonly configured: KeyRoots;
  /** The `apiKey` for the map's server. */
  readonly apiKey: string | null;
  readonly signal: AbortSignal;
}

/**
 * Finds and keeps the newest key document of a source. The keys of each document verify the next one, starting with the
 * document of an earlier run or with the configured keys. If a newer document cannot be read, the known one stays.
 */
export class KeyRing {
  readonly #deps: KeyRingDeps;
  readonly #known: KnownKeys;
  #startsOver = false;
  #hasFollowed = false;
  #lastError: KeyFailure | null = null;
  #documentsLeft = MAX_DOCUMENTS;
  #msLeft: number;

  constructor(deps: KeyRingDeps) {
    this.#deps = deps;
    this.#known = new KnownKeys(deps.minVersion);
    this.#msLeft = deps.timeoutMs;
  }

  /** The version of the newest accepted document; 0 while the configured keys apply. */
  get version(): number {
    return this.#known.version;
  }

  /** Whether the newest known document is new enough for its keys to be used. */
  get isUsable(): boolean {
    return this.#known.isUsable;
  }

  /** Whether this process has tried at least once to read newer documents. */
  get hasFollowed(): boolean {
    return this.#hasFollowed;
  }

  /**
   * Why the keys must not be used: KEYS_ROLLED_BACK, or the failure to read the needed document. Null if they may be
   * used.
   */
  get unusable(): Pick<KeyFailure, 'code' | 'message'> | null {
    if (this.isUsable) return null;
    const needed = `Key document ${this.#known.neededVersion} is needed, but the newest known one is ${this.version}`;
    const { code, message } = this.#lastError ?? { code: 'KEYS_ROLLED_BACK', message: 'no newer one is published.' };
    return { code, message: `${needed}: ${message}` };
  }

  /**
   * Returns the keys that may sign a map. These are the configured keys until a document is accepted. If the document
   * is too old, no key may sign.
   */
  inForce(configured: readonly TrustedKey[]): KeysInForce {
    return { ...this.#known.inForce(configured), lastError: this.#lastError };
  }

  /**
   * Accepts the document that an earlier run accepted. Returns null if that document is damaged or not newer than the
   * known one.
   */
  remember(remembered: RememberedKeys): KeyDocument | null {
    try {
      return this.#known.remember(remembered);
    } catch (error) {
      this.#failed(asSwitchyardError(error));
      return null;
    }
  }

  /** Forgets the known and the remembered document if all configured keys were replaced by other keys. */
  configure(configured: readonly TrustedKey[]): void {
    const { version } = this;
    if (!this.#known.forgetIfReplacedBy(configured)) return;
    this.#startsOver = true;
    const why = `The configured keys were replaced, so key document ${version} no longer applies`;
    this.#deps.logger.warn({ event: 'keys-started-over', sourceId: this.#deps.sourceId }, why);
  }

  /** Resets the limits of a refresh: the number of documents, and the time for reading them. */
  startRefresh(): void {
    this.#documentsLeft = MAX_DOCUMENTS;
    this.#msLeft = this.#deps.timeoutMs;
  }

  /**
   * Reads the documents that follow the newest known one, within the limits of the refresh. Resolves with true if there
   * was a newer document. A failure is logged and shown in `status`. Rejects only with the reason of `signal`.
   */
  async follow(parts: FollowParts): Promise<boolean> {
    this.configure(parts.configured.keys);
    if (this.#documentsLeft === 0 || this.#msLeft <= 0) return false;
    const { elapsedMs, timeoutMs, place } = this.#deps;
    const before = this.version;
    const startedMs = elapsedMs();
    const isLate = (): Error => unavailable(place.nameOf(this.version + 1), `not done within ${timeoutMs} ms`);
    using limit = deadline(this.#msLeft, isLate, parts.signal);
    try {
      await this.#followAll({ ...parts, signal: limit.signal });
      this.#lastError = null;
    } catch (error) {
      parts.signal.throwIfAborted();
      this.#failed(asSwitchyardError(error), place.nameOf(this.version + 1));
    } finally {
      this.#hasFollowed = true;
      this.#msLeft -= elapsedMs() - startedMs;
    }
    return this.version > before;
  }

  async #followAll(parts: FollowParts): Promise<void> {
    const refusal = await this.#begin(parts);
    while (this.#documentsLeft > 0) {
      const document = await this.#read(this.version + 1, parts);
      if (document === null || this.#isKnown(document)) break;
      const { document: known } = this.#known;
      const roots = known === null ? parts.configured : { ...known, keys: known.roots };
      verifyNextKeyDocument(document, { ...roots, version: this.version });
      this.#believe(document, parts);
      // Other work must run between two documents, because a function may return all documents without a pause.
      await nextTurn();
    }
    if (refusal !== null && !this.isUsable) throw refusal;
  }

  /**
   * Starts at the document of the needed version, if the configured keys signed that document. Otherwise returns the
   * error, and the caller verifies the earlier documents one after the other. Does nothing if a document is already
   * known, because the configured keys may be old and stolen.
   */
  async #begin(parts: FollowParts): Promise<unknown> {
    const { document: known, neededVersion } = this.#known;
    if (known !== null || neededVersion <= 1) return null;
    const document = await this.#read(neededVersion, parts);
    if (document?.version !== neededVersion) return null;
    try {
      verifyKeyDocument(document, parts.configured);
    } catch (error) {
      return error;
    }
    this.#believe(document, parts);
    return null;
  }

  async #read(version: number, { apiKey, signal }: FollowParts): Promise<KeyDocument | null> {
    const { place } = this.#deps;
    // The race is needed because a function or a file system may ignore the signal.
    const bytes = await raceSignal(place.read(version, { apiKey, signal }), signal);
    if (bytes === null) return null;
    this.#documentsLeft -= 1;
    return readKeyDocument(bytes);
  }

  /**
   * Whether the published document is the known one. Always false if each version has its own URL or path. Throws
   * KEYS_UNTRUSTED if two different documents have the same version.
   */
  #isKnown({ version, payloadPart }: KeyDocument): boolean {
    const { document: known } = this.#known;
    if (this.#deps.place.isByVersion || version !== known?.version) return false;
    if (payloadPart === known.payloadPart) return true;
    const message = `The published key document ${version} differs from the accepted one, which stays in use.`;
    throw new ConnectorManifestError('KEYS_UNTRUSTED', message);
  }

  #believe(document: KeyDocument, { configured }: FollowParts): void {
    const known = { document, anchor: configured.keys.map(({ thumbprint }) => thumbprint) };
    this.#known.take(known);
    const { logger, sourceId, onDocument } = this.#deps;
    const { version, expiresAtMs } = document;
    const expires = new Date(expiresAtMs).toISOString();
    logger.info(
      { event: 'keys-followed', sourceId, version },
      `Key document ${version} is accepted; it expires at ${expires}`,
    );
    onDocument({ document, text: textOfRemembered(known), startsOver: this.#startsOver });
    this.#startsOver = false;
  }

  #failed({ code, message: why }: SwitchyardError, place: string | null = null): void {
    const message = place === null || why.includes(place) ? why : `${why} (${place})`;
    const known = this.#lastError;
    this.#lastError = { code, message, at: this.#deps.clock.now() };
    if (known?.code === code && known.message === message) return;
    if (ALARMING.has(code)) this.#deps.onAlarm(code);
    const { logger, sourceId } = this.#deps;
    const rest = this.version === 0 ? 'the configured keys stay' : `key document ${this.version} stays`;
    logger.warn(
      { event: 'keys-not-followed', sourceId, code },
      `Newer key documents are not followed, and ${rest} in use: ${message}`,
    );
  }
}
