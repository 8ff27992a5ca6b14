import { randomBytes } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import { KEY_BYTES, type SealingKey, sealingKeyOf } from '../../../shared/protocol/login-box.ts';
import type { StoreNote } from '../../../shared/servers/store-notes.ts';
import { asUnavailable } from '../../tables/sqlite-errors.ts';
import { createKeyFile, keyFilePath, readKeyFile } from './key-file.ts';
import { createSystemKeyring, type Keyring, KeyringError } from './keyring.ts';

/**
 * Environment variable. With the value `file`, the key of logins is stored in the file `logins.key`, and the system
 * keyring is never used. This is for tests, and for machines whose keyring is only available while a user is logged in.
 */
const LOGIN_KEY_VARIABLE = 'SWITCHYARD_LOGIN_KEY';

/** After a failure, the keyring is not used for this time. */
const KEYRING_PAUSE_MS = 30_000;

/** Where the login store records the name of its key in the keyring, so that all processes use the same key. */
export interface KeyRegister {
  readonly keyringKey: () => string | null;
  /**
   * Records `next` in place of `expected`, unless another process has recorded another key. Returns the recorded name.
   */
  readonly noteKeyringKey: (expected: string | null, next: string) => string | null;
}

export interface LoginKeysDeps {
  readonly stateDir: string;
  readonly tell: (note: StoreNote) => void;
  /** The keyring to use; null for none. Defaults to the system keyring, unless {@link LOGIN_KEY_VARIABLE} is `file`. */
  readonly keyring?: Keyring | null;
}

/**
 * The keys that encrypt logins. There may be two keys, one in the keyring and one in the key file. Each row contains
 * the name of its key. Processes without a keyring, such as a service or a session over SSH, have to use the key file.
 * The name of a key is its own digest. Therefore a key in the keyring is never replaced, and a state folder may be
 * moved.
 */
export class LoginKeys {
  readonly #stateDir: string;
  readonly #tell: (note: StoreNote) => void;
  readonly #keyring: Keyring | null;
  #ofKeyring: SealingKey | null = null;
  #ofFile: SealingKey | null = null;
  #isFileThere = false;
  /** Why the keyring cannot be used. Null if it can be used, or has not been used yet. */
  #failure: { readonly reason: string; readonly atMs: number } | null = null;

  constructor({ stateDir, tell, keyring }: LoginKeysDeps) {
    this.#stateDir = stateDir;
    this.#tell = tell;
    const isFileForced = process.env[LOGIN_KEY_VARIABLE] === 'file';
    this.#keyring = keyring === undefined ? (isFileForced ? null : createSystemKeyring()) : keyring;
  }

  /** Why the key in the keyring is not available. Null if it is available, or if there is no key in the keyring. */
  get keyringFailure(): string | null {
    return this.#failure?.reason ?? null;
  }

  /** Returns the key with this name, or null if it is not available. */
  find(keyId: string): SealingKey | null {
    return [this.#ofKeyring, this.#ofFile].find((key) => key?.keyId === keyId) ?? null;
  }

  /** Reads the existing keys. Throws STORE_UNSAFE or STORE_UNAVAILABLE if the key file cannot be read. */
  async load(register: KeyRegister): Promise<void> {
    this.#loadFile();
    const wanted = register.keyringKey();
    if (this.#ofKeyring?.keyId === wanted) return;
    // The login file was replaced after the key was read, and now specifies another key, or no key.
    this.#ofKeyring = null;
    if (wanted === null) return;
    await this.#usingKeyring(async (keyring) => {
      const bytes = await keyring.get(wanted);
      const key = bytes === null ? null : sealingKeyOf(bytes);
      this.#ofKeyring = key?.keyId === wanted ? key : null;
    });
  }

  /**
   * Returns the key for new rows. Must be called after {@link load}. Creates a missing key in the keyring, or in the
   * file if there is no keyring. Throws STORE_UNSAFE or STORE_UNAVAILABLE if the key file cannot be written.
   */
  async forWriting(register: KeyRegister): Promise<SealingKey> {
    if (this.#ofKeyring !== null) return this.#ofKeyring;
    if (this.#ofFile !== null && this.#isFileThere) return this.#ofFile;
    const isNew = this.#ofFile === null;
    if (isNew) {
      await this.#usingKeyring((keyring) => this.#createInKeyring(keyring, register));
      if (this.#ofKeyring !== null) return this.#ofKeyring;
    }
    // If the file was deleted, it is created again with the key that encrypted the existing rows.
    const bytes = this.#ofFile?.bytes ?? randomBytes(KEY_BYTES);
    this.#ofFile = sealingKeyOf(this.#onFile((folder) => createKeyFile(folder, bytes)));
    this.#isFileThere = true;
    if (isNew) this.#tell({ kind: 'login-key-file', path: keyFilePath(this.#stateDir), reason: this.keyringFailure });
    return this.#ofFile;
  }

  /**
   * Returns the key in the key file if it is the only key, or null if the keyring has a key. Must be called after
   * {@link load}.
   */
  fileKeyAlone(register: Pick<KeyRegister, 'keyringKey'>): SealingKey | null {
    const isAlone = this.#ofKeyring === null && register.keyringKey() === null;
    return isAlone && this.#isFileThere ? this.#ofFile : null;
  }

  /**
   * Records in the login file which key {@link forWriting} returned, because the file may have been replaced since.
   * Must be called when rows are written with this key.
   */
  note(register: Pick<KeyRegister, 'noteKeyringKey'>): void {
    if (this.#ofKeyring !== null) register.noteKeyringKey(null, this.#ofKeyring.keyId);
  }

  #loadFile(): void {
    const found = this.#onFile(readKeyFile);
    this.#isFileThere = found.kind === 'key';
    if (found.kind !== 'key') return;
    if (found.exposedMode !== null) {
      const [path, mode] = [keyFilePath(this.#stateDir), found.exposedMode.toString(8)];
      this.#tell({ kind: 'logins-exposed', path, mode });
    }
    this.#ofFile = sealingKeyOf(found.bytes);
  }

  /** Runs `work`, which uses the key file. An error of the file system becomes STORE_UNAVAILABLE. */
  #onFile<T>(work: (stateDir: string) => T): T {
    try {
      return work(this.#stateDir);
    } catch (error) {
      throw asUnavailable(`Cannot use the login key ${keyFilePath(this.#stateDir)}`, error);
    }
  }

  async #createInKeyring(keyring: Keyring, register: KeyRegister): Promise<void> {
    const bytes = randomBytes(KEY_BYTES);
    const key = sealingKeyOf(bytes);
    const expected = register.keyringKey();
    await keyring.put(key.keyId, bytes);
    const noted = register.noteKeyringKey(expected, key.keyId);
    if (noted === key.keyId) {
      this.#ofKeyring = key;
      return;
    }
    await keyring.remove(key.keyId);
    await this.load(register);
  }

  /**
   * Runs `work` with the keyring. Does nothing if there is no keyring, or if it failed within the last {@link
   * KEYRING_PAUSE_MS}.
   */
  async #usingKeyring(work: (keyring: Keyring) => Promise<void>): Promise<void> {
    if (this.#keyring === null) return;
    if (this.#failure !== null && monotonicMs() - this.#failure.atMs < KEYRING_PAUSE_MS) return;
    this.#failure = null;
    try {
      await work(this.#keyring);
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
      this.#failure = { reason: error.message, atMs: monotonicMs() };
    }
  }
}
