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

/** Delay after a change before the image is written, because more changes may follow. */
const DELAY_MS = 500;

export interface LoginImageDeps {
  readonly file: LoginFile;
  readonly keys: Pick<LoginKeys, 'fileKeyAlone'>;
  /** Loads the keys and runs `work`, after all earlier work has ended. */
  readonly inTurn: (work: () => void) => Promise<void>;
}

/**
 * Writes and removes the start image of the logins in a folder, which lets the next start read the logins quickly. The
 * image is removed before a change is stored, and written again later. Both steps happen under the lock of the login
 * file, so that no process replaces a newer image with an older one.
 */
export class LoginImageFile {
  readonly #deps: LoginImageDeps;
  readonly #path: string;
  #timer: Timer | null = null;

  constructor(deps: LoginImageDeps) {
    this.#deps = deps;
    this.#path = join(deps.file.stateDir, LOGIN_IMAGE_FILE);
  }

  /**
   * Removes the image. Must be called in the transaction that changes a record. Throws the error of the file system.
   */
  outdated(): void {
    this.#drop();
    this.plan();
  }

  /** Schedules a write of the image. Nothing is written if the image matches the stored logins by then. */
  plan(): void {
    this.#timer ??= startTimer(DELAY_MS, () => void this.#deps.inTurn(() => this.flush()));
  }

  /**
   * Writes the image now if a write is scheduled. If this fails, there is no image, and the next start has to wait for
   * this thread.
   */
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

  /**
   * Writes the image if it is outdated. Removes it if there is no `key`, if a record cannot be decrypted, or if the
   * image would be too large.
   */
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
    // A symbolic link at this path was made by another program, so it is replaced and not followed.
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
    // A folder, pipe or device at this path was not created by this package, so it is left unchanged.
    if (stats === undefined || !(stats.isFile() || stats.isSymbolicLink())) return;
    rmSync(this.#path, { force: true });
    syncFolder(dirname(this.#path));
  }
}
