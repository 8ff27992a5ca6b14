/** Name of the store's file in its folder. The store of a registry is in the same folder as `servers.json`. */
export const STORE_FILE = 'switchyard.db';

/** Something about the store that the host reports to the user. */
export type StoreNote =
  /** The store uses a slower journal mode. `reason` says why. */
  | { readonly kind: 'journal-mode'; readonly mode: string; readonly reason: string }
  /**
   * The end of the store's log consisted of pages that fail their checksum. `hasCommit` says whether these pages
   * contain a complete transaction.
   */
  | { readonly kind: 'log-cut'; readonly pages: number; readonly hasCommit: boolean }
  /**
   * The store's file was deleted or replaced while the store was open. The file that now has its name was opened, or a
   * new file was created.
   */
  | { readonly kind: 'replaced' }
  /** Other users can create files in the folder. `exposure` says why, as words that follow the name of the folder. */
  | { readonly kind: 'exposed'; readonly folder: string; readonly exposure: string }
  /**
   * An earlier host with this state folder was killed, and stdio servers that it had started were still running. They
   * were ended. `pids` are the process ids of their group leaders.
   */
  | { readonly kind: 'programs-ended'; readonly pids: readonly number[] }
  /** Other users could read or change a login file, because the file had this mode (octal). The mode was corrected. */
  | { readonly kind: 'logins-exposed'; readonly path: string; readonly mode: string }
  /**
   * A new key for logins was stored in the file at `path`. `reason` says why the system keyring could not store the
   * key; null if the keyring was not tried.
   */
  | { readonly kind: 'login-key-file'; readonly path: string; readonly reason: string | null }
  /**
   * Some logins in the file at `path` cannot be decrypted. The key of `otherKey` logins is not available, and `damaged`
   * logins fail their checksum. If the key should be in the system keyring and the keyring cannot be used,
   * `keyringFailure` says why.
   */
  | {
      readonly kind: 'logins-unreadable';
      readonly path: string;
      readonly otherKey: number;
      readonly damaged: number;
      readonly keyringFailure: string | null;
    }
  /** The login file was damaged. It was renamed to `backup`, and its logins are lost. */
  | { readonly kind: 'logins-set-aside'; readonly backup: string; readonly reason: string }
  /** The store was damaged. Its file was renamed to `backup`, and a new store contains the recovered records. */
  | {
      readonly kind: 'set-aside';
      readonly backup: string;
      readonly reason: string;
      /** Number of recovered records in each table. */
      readonly saved: Readonly<Record<string, number>>;
      /** Names of the records that could not be recovered, as far as the names are known. */
      readonly lost: readonly string[];
    };

/** Message with which the writer worker sends a note to the main thread. It uses the same port as Comlink. */
export interface StoreNoteMessage {
  readonly kind: 'store-note';
  readonly note: StoreNote;
}

/** Whether a message from the writer worker contains a note. */
export function isStoreNoteMessage(message: unknown): message is StoreNoteMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'store-note';
}
