import type { ServerInfo } from './server-info.ts';

/** The wanted state of a server: as given, or removed (null). */
export interface ServerChange {
  readonly name: string;
  readonly info: ServerInfo | null;
}

/** A note about `servers.json` for the host. */
export type FileProblem =
  /** The file was edited: the servers in `put` were changed as it says, and the servers in `removed` were removed. */
  | { readonly kind: 'taken-over'; readonly put: readonly string[]; readonly removed: readonly string[] }
  | { readonly kind: 'bad-server'; readonly place: string; readonly reason: string }
  /** The file could not be read, and was renamed to `backup`. */
  | { readonly kind: 'set-aside'; readonly backup: string; readonly reason: string };

/**
 * How store and file are synchronized. `look`: the file is read if it changed; `read`: always read; `write`: also
 * written.
 */
export type SyncMode = 'look' | 'read' | 'write';

/** A caller's knowledge of a registry. */
export interface KnownServers {
  /** Id of the known store; null if no store is known yet. */
  readonly storeId: string | null;
  /** Revision up to which the caller knows the store. */
  readonly revision: number;
}

/** An invalid entry of the file, which stays there unchanged. */
export interface BadPlace {
  /** `servers[3]`. */
  readonly place: string;
  readonly reason: string;
}

/** Changes in a registry. */
export interface ServerNews {
  /** State of the caller's knowledge after these changes. */
  readonly known: KnownServers;
  /** Whether the store is not the known store: `changes` are then all of its servers. */
  readonly isReplaced: boolean;
  /** In the order in which they were made. */
  readonly changes: readonly ServerChange[];
  readonly problems: readonly FileProblem[];
  /** All invalid entries that are in the file now. */
  readonly bad: readonly BadPlace[];
  /** Whether the file must still be written. Only set if the file was read unconditionally, or is missing. */
  readonly isFileBehind: boolean;
}

/**
 * How servers are added to a registry: whether a different server of the same name is replaced, and whether changes are
 * made or only previewed.
 */
export interface MergeMode {
  readonly isReplacing: boolean;
  readonly isDryRun: boolean;
}

/**
 * Outcome of adding a server to a registry. `exists`: the registry has a different server of that name, which was left
 * unchanged.
 */
export interface ServerOutcome {
  readonly name: string;
  readonly outcome: 'added' | 'unchanged' | 'replaced' | 'exists';
}
