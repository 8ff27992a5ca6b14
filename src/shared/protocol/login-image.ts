import type { StoredLogins } from '../logins/login-records.ts';
import { type BoxPlace, openBox, type SealingKey, seal } from './login-box.ts';

/**
 * The start image of the logins: a copy of the stored logins, in one file that the main thread reads without waiting
 * for another thread. The file is encrypted with the key in `logins.key`. If the key is in the system keyring, there is
 * no image. Before each change, the writer worker removes the image, and writes it again when there has been no change
 * for a while. So the image may be missing, but is never outdated.
 */
export interface LoginImage {
  /** The result of {@link fileIdOf} for the login file that this image is a copy of. */
  readonly fileId: string;
  /** Version of the stored logins. The writer worker defines its form. */
  readonly version: string;
  readonly stored: Omit<StoredLogins, 'unreadable'>;
}

/**
 * Maximum size of an image, which is enough for several hundred logins. If there are more logins, no image is written,
 * because decrypting it would block the main thread for too long.
 */
export const LOGIN_IMAGE_MAX_BYTES = 1024 * 1024;

/**
 * The place for which the image is encrypted. No row has this place. `generation` must be raised with every change of
 * the image's format.
 */
const PLACE: BoxPlace = { table: 'start image', rowId: '', generation: 1 };

/** Encrypts an image. */
export function sealLoginImage(image: LoginImage, key: SealingKey): Uint8Array {
  return seal(image, PLACE, key);
}

/** Decrypts an image. Returns null if the bytes are invalid, encrypted with another key, or damaged. */
export function openLoginImage(bytes: Uint8Array, key: SealingKey): LoginImage | null {
  const opened = openBox(bytes, PLACE, key);
  // Only this package can encrypt a box with this key, so the form of the content is known.
  return opened === null ? null : (opened.value as LoginImage);
}

/** Returns the identity of a file. If the file at a path has a different id than before, it is a different store. */
export function fileIdOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}-${ino}`;
}
