import { lstatSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startTimer, type Timer } from '../../shared/clock.ts';
import { codeOf } from '../../shared/errors.ts';
import { LOGIN_IMAGE_FILE } from '../../shared/logins/login-files.ts';
import type { SealingKey } from '../../shared/protocol/login-box.ts';
import {
  fileIdOf,
  LOGIN_IMAGE_MAX_BYTES,
  type LoginImage,
  openLoginImage,
  sealLoginImage,
} from '../../shared/protocol/login-image.ts';
import { readIfThere, removeTemporaries, replaceDurably, syncFolder } from '../servers-file/durable-file.ts';
import type { LoginKeys } from './keys/login-keys.ts';
import type { LoginFile } from './login-file.ts';
import type { LoginTable } from './login-table.ts';
import { everythingIn } from './stored-logins.ts';

/** How long after a change the image is written: more changes may follow. */
const DELAY_MS = 500;

export interface LoginImageDeps {
  readonly file: LoginFile;
  readonly keys: Pick<LoginKeys, 'fileKeyAlone'>;
  /** Does one thing after another, with the keys loaded. */
  readonly inTurn: (work: () => void) => Promise<void>;
}

/**
 * Keeps the start image of a folder's logins: removed before anything else is stored, and written a while later. Both
 * happen under the lock of the file of the logins, so that no process puts an older image in the place of a newer one.
 */
export class LoginImageFile {
  readonly #deps: LoginImageDeps;
  readonly #path: string;
  #timer: Timer | null = null;

  constructor(deps: LoginImageDeps) {
    this.#deps = deps;
    this.#path = join(deps.file.stateDir, LOGIN_IMAGE_FILE);
  }

  /** To be called in the transaction that changes something. Throws the error of the file system. */
  outdated(): void {
    this.#drop();
    this.plan();
  }

  /** Has it written soon, unless it is a copy of what is stored then. */
  plan(): void {
    this.#timer ??= startTimer(DELAY_MS, () => void this.#deps.inTurn(() => this.flush()));
  }

  /** Writes it now, if that was planned. Where it fails there is none, and the next start waits for this thread. */
  flush(): void {
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    const { file, keys } = this.#deps;
    try {
      const isThere = file.change((table) => this.#update(table, keys.fileKeyAlone(table))) !== null;
      if (!isThere) this.#drop();
    } catch (error) {
      if (codeOf(error) === null) throw error;
    }
  }

  /** None without `key`, where something cannot be decrypted, and where it would be too large. */
  #update(table: LoginTable, key: SealingKey | null): true {
    const { logins } = everythingIn(table);
    if (key === null || logins.unreadable > 0) {
      this.#drop();
      return true;
    }
    const { unreadable: _, ...stored } = logins;
    const fileId = fileIdOf(statSync(this.#deps.file.path, { bigint: true }));
    const image: LoginImage = { fileId, version: table.version(), stored };
    const before = this.#read(key);
    if (before?.fileId === fileId && before.version === image.version) return true;
    this.#drop();
    removeTemporaries(this.#path);
    const sealed = sealLoginImage(image, key);
    // Nobody keeps the image elsewhere: a link in its place was made by somebody else.
    if (sealed.length <= LOGIN_IMAGE_MAX_BYTES) replaceDurably(this.#path, sealed, () => true, false);
    return true;
  }

  #read(key: SealingKey): LoginImage | null {
    const stats = lstatSync(this.#path, { throwIfNoEntry: false });
    if (stats?.isFile() !== true || stats.size > LOGIN_IMAGE_MAX_BYTES) return null;
    const bytes = readIfThere(this.#path, LOGIN_IMAGE_MAX_BYTES);
    return bytes === null ? null : openLoginImage(bytes, key);
  }

  #drop(): void {
    const stats = lstatSync(this.#path, { throwIfNoEntry: false });
    // What is no file is never read, and was not made here.
    if (stats === undefined || !(stats.isFile() || stats.isSymbolicLink())) return;
    rmSync(this.#path, { force: true });
    syncFolder(dirname(this.#path));
  }
}
