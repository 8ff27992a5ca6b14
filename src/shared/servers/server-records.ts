import type { ServerInfo } from './server-info.ts';

/** A change of one server in the registry. `info` is the new state of the server; null removes the server. */
export interface ServerChange {
  readonly name: string;
  readonly info: ServerInfo | null;
}

/** Something about `servers.json` that the host reports to the user. */
export type FileProblem =
  /**
   * Somebody edited the file, and the registry was changed in the same way. `put` lists the servers that were added or
   * changed, and `removed` lists the servers that were removed.
   */
  | { readonly kind: 'taken-over'; readonly put: readonly string[]; readonly removed: readonly string[] }
  | { readonly kind: 'bad-server'; readonly place: string; readonly reason: string }
  /** The file could not be read. It was renamed to `backup`. */
  | { readonly kind: 'set-aside'; readonly backup: string; readonly reason: string };

/**
 * How the store and `servers.json` are synchronized. With `look`, the file is read if it has changed. With `read`, it
 * is always read. With `write`, it is also written.
 */
export type SyncMode = 'look' | 'read' | 'write';

/** What a caller already knows about a registry. */
export interface KnownServers {
  /** Id of the store that the caller has read; null if the caller has read no store. */
  readonly storeId: string | null;
  /** Revision of the store up to which the caller knows all changes. */
  readonly revision: number;
}

/** An invalid entry of `servers.json`. It stays in the file unchanged. */
export interface BadPlace {
  /** Place of the entry in the file, such as `servers[3]`. */
  readonly place: string;
  readonly reason: string;
}

/** Changes of a registry that the caller does not know yet. */
export interface ServerNews {
  /** What the caller knows after these changes. */
  readonly known: KnownServers;
  /**
   * Whether the store differs from the store that the caller knows. In that case, `changes` contains all servers of the
   * store.
   */
  readonly isReplaced: boolean;
  /** The changes, in the order in which they were made. */
  readonly changes: readonly ServerChange[];
  readonly problems: readonly FileProblem[];
  /** All entries of the file that are invalid now. */
  readonly bad: readonly BadPlace[];
  /** Whether the file must still be written. Can be true only if the mode was `read`, or if the file is missing. */
  readonly isFileBehind: boolean;
}

/**
 * How servers are added to a registry. `isReplacing` says whether to replace a different server with the same name.
 * `isDryRun` says whether to only return the outcomes, and change nothing.
 */
export interface MergeMode {
  readonly isReplacing: boolean;
  readonly isDryRun: boolean;
}

/**
 * Outcome of adding a server to a registry. `exists` means that the registry has a different server with this name,
 * which was not changed.
 */
export interface ServerOutcome {
  readonly name: string;
  readonly outcome: 'added' | 'unchanged' | 'replaced' | 'exists';
}
