/** File name of the store in its folder. The store of a registry is next to its `servers.json`. */
export const STORE_FILE = 'switchyard.db';

/** A note about the store for the host. */
export type StoreNote =
  /** The store uses a slower journal mode, for this reason. */
  | { readonly kind: 'journal-mode'; readonly mode: string; readonly reason: string }
  /**
   * The store's log ended in pages that fail their checksum. `hasCommit` tells whether they include a complete
   * transaction.
   */
  | { readonly kind: 'log-cut'; readonly pages: number; readonly hasCommit: boolean }
  /**
   * The store's file was deleted or replaced while it was open. The file that is there now was opened, or a new file
   * created.
   */
  | { readonly kind: 'replaced' }
  /**
   * Users other than this one can put files into the folder. `exposure` tells how, as the end of a sentence about the
   * folder.
   */
  | { readonly kind: 'exposed'; readonly folder: string; readonly exposure: string }
  /**
   * A host on this folder was killed, and the stdio servers that it had started were ended. `pids` are the pids of
   * their group leaders.
   */
  | { readonly kind: 'programs-ended'; readonly pids: readonly number[] }
  /** Other users could read or change a file of the logins until now, with this mode (octal). It is private again. */
  | { readonly kind: 'logins-exposed'; readonly path: string; readonly mode: string }
  /** A key for logins was created in this file. `reason`: why not in the system keyring; null if that was not tried. */
  | { readonly kind: 'login-key-file'; readonly path: string; readonly reason: string | null }
  /**
   * Logins in the file at `path` cannot be decrypted. The key of `otherKey` logins is not available, and `damaged`
   * logins fail their checksum. `keyringFailure`: why the keyring cannot be used, if it should be.
   */
  | {
      readonly kind: 'logins-unreadable';
      readonly path: string;
      readonly otherKey: number;
      readonly damaged: number;
      readonly keyringFailure: string | null;
    }
  /** The login file was damaged. It was renamed to `backup`; its logins are lost. */
  | { readonly kind: 'logins-set-aside'; readonly backup: string; readonly reason: string }
  /** The store was damaged. It was renamed to `backup`, and a new store holds the recovered records. */
  | {
      readonly kind: 'set-aside';
      readonly backup: string;
      readonly reason: string;
      /** Number of recovered records, by table. */
      readonly saved: Readonly<Record<string, number>>;
      /** Records that were not recovered, as far as they could be named. */
      readonly lost: readonly string[];
    };

/** A note from the writer worker to the main thread, in parallel with Comlink's messages. */
export interface StoreNoteMessage {
  readonly kind: 'store-note';
  readonly note: StoreNote;
}

/** Whether a message of the writer worker is a note. */
export function isStoreNoteMessage(message: unknown): message is StoreNoteMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'store-note';
}
