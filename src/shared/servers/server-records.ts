import type { ServerInfo } from './server-info.ts';

/** What somebody wants to be so: a server as given, or gone (null). */
export interface ServerChange {
  readonly name: string;
  readonly info: ServerInfo | null;
}

/** Something about `servers.json` that somebody should know. */
export type FileProblem =
  /** It was edited: these servers are now as it says, and these are gone. */
  | { readonly kind: 'taken-over'; readonly put: readonly string[]; readonly removed: readonly string[] }
  | { readonly kind: 'bad-server'; readonly place: string; readonly reason: string }
  /** The file could not be read as what it should be; it is now called `backup`. */
  | { readonly kind: 'set-aside'; readonly backup: string; readonly reason: string };

/** How the store and the file are looked at: the file read if it changed, read in any case, or written too. */
export type SyncMode = 'look' | 'read' | 'write';

/** What somebody knows of a registry. */
export interface KnownServers {
  /** Of which store; null for nothing. */
  readonly storeId: string | null;
  /** Up to which revision of it. */
  readonly revision: number;
}

/** An entry of the file that is no server, and is left in it as it is. */
export interface BadPlace {
  /** `servers[3]`. */
  readonly place: string;
  readonly reason: string;
}

/** What is new in a registry. */
export interface ServerNews {
  /** Up to where this tells. */
  readonly known: KnownServers;
  /** Whether the store is another one than the one that was known: `changes` are all that it holds. */
  readonly isReplaced: boolean;
  /** In the order in which they came. */
  readonly changes: readonly ServerChange[];
  readonly problems: readonly FileProblem[];
  /** All of them that are in the file now. */
  readonly bad: readonly BadPlace[];
  /** Whether the file is still to be written; told where it is read in any case, or is gone. */
  readonly isFileBehind: boolean;
}

/**
 * How servers are put into a registry: whether over one of the same name that is another, and whether at all or
 * only to see what would be.
 */
export interface MergeMode {
  readonly isReplacing: boolean;
  readonly isDryRun: boolean;
}

/** What became of a server that was put into a registry; one that `exists` as another was left as it is. */
export interface ServerOutcome {
  readonly name: string;
  readonly outcome: 'added' | 'unchanged' | 'replaced' | 'exists';
}
