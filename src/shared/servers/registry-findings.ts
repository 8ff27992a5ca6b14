import type { WireError } from '../errors.ts';

/** The result of one check of a registry. */
export interface RegistryFinding {
  /** `records`: whether the checksums of the records match. `agreement`: whether store and file agree. */
  readonly check: 'store' | 'log' | 'records' | 'file' | 'entries' | 'agreement' | 'access';
  readonly outcome: 'ok' | 'note' | 'failed';
  /** The server, the place in the file or the path that the finding is about; null for the whole registry. */
  readonly subject: string | null;
  /** What was found and, if the user has to act, what to do. */
  readonly message: string;
}

/** Result of repairing a registry. */
export interface RegistryRepair {
  /** Findings that were repaired. */
  readonly mended: readonly RegistryFinding[];
  /** Findings of damage that could not be repaired from any source. */
  readonly lost: readonly RegistryFinding[];
  /** Findings that remain. */
  readonly left: readonly RegistryFinding[];
  /** Names of the files that were set aside, for inspection. */
  readonly backups: readonly string[];
}

/** Task of the thread that checks or repairs a registry. */
export interface RegistryTask {
  readonly kind: 'check' | 'repair';
  /** Path of the `servers.json`; its store is in the same folder. */
  readonly path: string;
}

/** The thread's answer. The thread ends after sending it. */
export type RegistryTaskReply =
  | { readonly kind: 'checked'; readonly findings: readonly RegistryFinding[] }
  | { readonly kind: 'repaired'; readonly repair: RegistryRepair }
  | { readonly kind: 'failed'; readonly error: WireError };
