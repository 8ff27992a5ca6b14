/** The file name of the store in its folder. A registry has it beside its `servers.json`. */
export const STORE_FILE = 'switchyard.db';

/** Something about the store that somebody should know. */
export type StoreNote =
  /** It is slower than it could be, and why. */
  | { readonly kind: 'journal-mode'; readonly mode: string; readonly reason: string }
  /**
   * Its log ended in pages that fail their checksum; `hasCommit` says whether a transaction was complete among
   * them.
   */
  | { readonly kind: 'log-cut'; readonly pages: number; readonly hasCommit: boolean }
  /** Its file was deleted or replaced while it was open; the one that is there now was opened, or a new one made. */
  | { readonly kind: 'replaced' }
  /** Others than this user can put files into its folder; how, as the end of a sentence about the folder. */
  | { readonly kind: 'exposed'; readonly folder: string; readonly exposure: string }
  /** A host on this folder was killed outright; the programs that it had started were ended. Pids of their leaders. */
  | { readonly kind: 'programs-ended'; readonly pids: readonly number[] }
  /** Others could read or change a file of the logins until now, with this mode (octal); it is private again. */
  | { readonly kind: 'logins-exposed'; readonly path: string; readonly mode: string }
  /** A key for logins was made and kept in this file. `reason`: why not in the system's keyring; null if not asked. */
  | { readonly kind: 'login-key-file'; readonly path: string; readonly reason: string | null }
  /**
   * Logins of the file at `path` that cannot be decrypted: `otherKey` were stored with a key that is not at hand,
   * `damaged` fail their checksum. `keyringFailure`: why the keyring cannot be used, if it should be.
   */
  | {
      readonly kind: 'logins-unreadable';
      readonly path: string;
      readonly otherKey: number;
      readonly damaged: number;
      readonly keyringFailure: string | null;
    }
  /** The file of the logins was damaged. It is now called `backup`; its logins are lost. */
  | { readonly kind: 'logins-set-aside'; readonly backup: string; readonly reason: string }
  /** It was damaged. It is now called `backup`, and a new one holds what could be saved. */
  | {
      readonly kind: 'set-aside';
      readonly backup: string;
      readonly reason: string;
      /** Records that were saved, by table. */
      readonly saved: Readonly<Record<string, number>>;
      /** What was not, as far as that could be told. */
      readonly lost: readonly string[];
    };

/** A note on its way from the writer worker to main, beside Comlink's messages. */
export interface StoreNoteMessage {
  readonly kind: 'store-note';
  readonly note: StoreNote;
}

/** Whether a message of the writer worker is a note. */
export function isStoreNoteMessage(message: unknown): message is StoreNoteMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'store-note';
}
