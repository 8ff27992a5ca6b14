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
