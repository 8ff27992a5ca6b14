import { randomBytes } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import { KEY_BYTES, type SealingKey, sealingKeyOf } from '../../../shared/protocol/login-box.ts';
import type { StoreNote } from '../../../shared/servers/store-notes.ts';
import { asUnavailable } from '../../tables/sqlite-errors.ts';
import { createKeyFile, keyFilePath, readKeyFile } from './key-file.ts';
import { createSystemKeyring, type Keyring, KeyringError } from './keyring.ts';

/**
 * Set to `file`, it keeps the key of logins in the file `logins.key` and never asks the system's keyring. For tests,
 * and for operators of machines whose keyring is only there while somebody is logged in.
 */
const LOGIN_KEY_VARIABLE = 'SWITCHYARD_LOGIN_KEY';

/** How long a keyring that failed is not asked again. */
const KEYRING_PAUSE_MS = 30_000;

/** Where the store of logins notes the name of its key in the keyring, so that all processes use the same one. */
export interface KeyRegister {
  readonly keyringKey: () => string | null;
  /** Notes `next` in place of `expected`, unless another process was faster; what is noted then. */
  readonly noteKeyringKey: (expected: string | null, next: string) => string | null;
}

export interface LoginKeysDeps {
  readonly stateDir: string;
  readonly tell: (note: StoreNote) => void;
  /** Null without one. Defaults to the system's, unless {@link LOGIN_KEY_VARIABLE} is `file`. */
  readonly keyring?: Keyring | null;
}

/**
 * The keys that logins are sealed with. A row names its key, so that several may be in use: that of the keyring, and
 * that of the file, which processes without a keyring (a service, a session over SSH) have to use. A key is named by
 * its own digest, also in the keyring: a key is therefore never replaced there, and a folder may be moved.
 */
export class LoginKeys {
  readonly #stateDir: string;
  readonly #tell: (note: StoreNote) => void;
  readonly #keyring: Keyring | null;
  #ofKeyring: SealingKey | null = null;
  #ofFile: SealingKey | null = null;
  #isFileThere = false;
  /** Why the keyring cannot be used; null where it can, or was not asked. */
  #failure: { readonly reason: string; readonly atMs: number } | null = null;

  constructor({ stateDir, tell, keyring }: LoginKeysDeps) {
    this.#stateDir = stateDir;
    this.#tell = tell;
    const isFileForced = process.env[LOGIN_KEY_VARIABLE] === 'file';
    this.#keyring = keyring === undefined ? (isFileForced ? null : createSystemKeyring()) : keyring;
  }

  /** Why the key that is in the keyring cannot be had; null if it can, or if there is none. */
  get keyringFailure(): string | null {
    return this.#failure?.reason ?? null;
  }

  /** The key of this name; null if it is not at hand. */
  find(keyId: string): SealingKey | null {
    return [this.#ofKeyring, this.#ofFile].find((key) => key?.keyId === keyId) ?? null;
  }

  /** Reads the keys that there are. Throws STORE_UNSAFE or STORE_UNAVAILABLE where the key file cannot be read. */
  async load(register: KeyRegister): Promise<void> {
    this.#loadFile();
    const wanted = register.keyringKey();
    if (this.#ofKeyring?.keyId === wanted) return;
    // The file of the logins is another one now.
    this.#ofKeyring = null;
    if (wanted === null) return;
    await this.#usingKeyring(async (keyring) => {
      const bytes = await keyring.get(wanted);
      const key = bytes === null ? null : sealingKeyOf(bytes);
      this.#ofKeyring = key?.keyId === wanted ? key : null;
    });
  }

  /**
   * The key for new rows, after {@link load}. Creates one where there is none: in the keyring, else in the file.
   * Throws STORE_UNSAFE or STORE_UNAVAILABLE where the key file cannot be written.
   */
  async forWriting(register: KeyRegister): Promise<SealingKey> {
    if (this.#ofKeyring !== null) return this.#ofKeyring;
    if (this.#ofFile !== null && this.#isFileThere) return this.#ofFile;
    const isNew = this.#ofFile === null;
    if (isNew) {
      await this.#usingKeyring((keyring) => this.#createInKeyring(keyring, register));
      if (this.#ofKeyring !== null) return this.#ofKeyring;
    }
    // A file that was deleted meanwhile gets the key that rows are sealed with.
    const bytes = this.#ofFile?.bytes ?? randomBytes(KEY_BYTES);
    this.#ofFile = sealingKeyOf(this.#onFile((folder) => createKeyFile(folder, bytes)));
    this.#isFileThere = true;
    if (isNew) this.#tell({ kind: 'login-key-file', path: keyFilePath(this.#stateDir), reason: this.keyringFailure });
    return this.#ofFile;
  }

  /** The key of the file, where it is the only one; null where the keyring has one, after {@link load}. */
  fileKeyAlone(register: Pick<KeyRegister, 'keyringKey'>): SealingKey | null {
    const isAlone = this.#ofKeyring === null && register.keyringKey() === null;
    return isAlone && this.#isFileThere ? this.#ofFile : null;
  }

  /**
   * To be called where rows are written with the key of {@link forWriting}: notes that key in a file that took the
   * place of another one meanwhile.
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

  /** Works with the key file; an error of the file system becomes STORE_UNAVAILABLE. */
  #onFile<T>(work: (stateDir: string) => T): T {
    try {
      return work(this.#stateDir);
    } catch (error) {
      throw asUnavailable(`Cannot use the key of the logins ${keyFilePath(this.#stateDir)}`, error);
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

  /** Does something with the keyring, unless there is none or it failed just now. */
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
