import type { StoredLogins } from '../logins/login-records.ts';
import { type BoxPlace, openBox, type SealingKey, seal } from './login-box.ts';

/**
 * The start image of the logins: a copy of the stored logins, in one file that the main thread reads without waiting
 * for any thread. It is sealed with the key in `logins.key`; with a key in the system keyring there is no image. The
 * writer worker removes it before a change is committed, and writes it again once nothing has changed for a while. The
 * image may therefore be missing, but is never outdated.
 */
export interface LoginImage {
  /** {@link fileIdOf} of the login file that it is a copy of. */
  readonly fileId: string;
  /** Version of the stored logins, as the writer worker names it. */
  readonly version: string;
  readonly stored: Omit<StoredLogins, 'unreadable'>;
}

/**
 * Maximum size of an image: some hundred logins. With more logins there is no image, so that the main thread never
 * decrypts for long.
 */
export const LOGIN_IMAGE_MAX_BYTES = 1024 * 1024;

/** Place of the image. No row uses that place. Raise the generation with every change of the image's format. */
const PLACE: BoxPlace = { table: 'start image', rowId: '', generation: 1 };

/** Encrypts an image. */
export function sealLoginImage(image: LoginImage, key: SealingKey): Uint8Array {
  return seal(image, PLACE, key);
}

/** Opens an image; null if the bytes are invalid, sealed with another key, or damaged. */
export function openLoginImage(bytes: Uint8Array, key: SealingKey): LoginImage | null {
  const opened = openBox(bytes, PLACE, key);
  // If a box opens, this package sealed it, so the form of its content is known.
  return opened === null ? null : (opened.value as LoginImage);
}

/** Returns the identity of a file. A file with another id at the same path is a different store. */
export function fileIdOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}-${ino}`;
}
