import type { WireError } from '../errors.ts';

/** One thing that was looked at in a registry, and how it is. */
export interface RegistryFinding {
  /** `records`: their checksums. `agreement`: of store and file. */
  readonly check: 'store' | 'log' | 'records' | 'file' | 'entries' | 'agreement' | 'access';
  readonly outcome: 'ok' | 'note' | 'failed';
  /** The server, the place in the file or the path that this is about; null for all of them. */
  readonly subject: string | null;
  /** What is so, and what to do where nothing but that helps. */
  readonly message: string;
}

/** What mending a registry came to. */
export interface RegistryRepair {
  /** What was wrong and no longer is. */
  readonly mended: readonly RegistryFinding[];
  /** What was damaged and could not be rebuilt from anything. */
  readonly lost: readonly RegistryFinding[];
  /** What is still wrong. */
  readonly left: readonly RegistryFinding[];
  /** What was set aside under these names, for who wants to look. */
  readonly backups: readonly string[];
}

/** What the thread that looks after a registry is told. */
export interface RegistryTask {
  readonly kind: 'check' | 'repair';
  /** The `servers.json`; its store is beside it. */
  readonly path: string;
}

/** Its answer, which ends it. */
export type RegistryTaskReply =
  | { readonly kind: 'checked'; readonly findings: readonly RegistryFinding[] }
  | { readonly kind: 'repaired'; readonly repair: RegistryRepair }
  | { readonly kind: 'failed'; readonly error: WireError };
