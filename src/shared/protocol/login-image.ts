import type { StoredLogins } from '../logins/login-records.ts';
import { type BoxPlace, openBox, type SealingKey, seal } from './login-box.ts';

/**
 * The start image of the logins: a copy of what is stored, in one file that main reads without waiting for any thread.
 * It is sealed with the key in `logins.key`; where the key is in the system's keyring there is none. The writer worker
 * removes it before a change is committed, and writes it anew when nothing has changed for a while: it is missing
 * rather than old.
 */
export interface LoginImage {
  /** {@link fileIdOf} of the file of the logins that it is a copy of. */
  readonly fileId: string;
  /** Of what is stored, as the writer worker names it. */
  readonly version: string;
  readonly stored: Omit<StoredLogins, 'unreadable'>;
}

/** More is read by the writer worker alone, so that main never decrypts for long: some hundred logins. */
export const LOGIN_IMAGE_MAX_BYTES = 1024 * 1024;

/** No row is sealed for this place. Raised with every change of the form. */
const PLACE: BoxPlace = { table: 'start image', rowId: '', generation: 1 };

/** Encrypts an image. */
export function sealLoginImage(image: LoginImage, key: SealingKey): Uint8Array {
  return seal(image, PLACE, key);
}

/** The image in these bytes; null where they are none, are of another key, or are damaged. */
export function openLoginImage(bytes: Uint8Array, key: SealingKey): LoginImage | null {
  const opened = openBox(bytes, PLACE, key);
  // What opens was sealed by this program.
  return opened === null ? null : (opened.value as LoginImage);
}

/** Names a file: another one at the same path is another store. */
export function fileIdOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}-${ino}`;
}
