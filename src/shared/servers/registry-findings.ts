import type { WireError } from '../errors.ts';

/** The result of one check on a registry. */
export interface RegistryFinding {
  /** `records` checks the checksums of the records. `agreement` checks whether the store and `servers.json` agree. */
  readonly check: 'store' | 'log' | 'records' | 'file' | 'entries' | 'agreement' | 'access';
  readonly outcome: 'ok' | 'note' | 'failed';
  /** The name, path or place in the file that the finding concerns; null if it concerns the whole registry. */
  readonly subject: string | null;
  /** What was found and, if the user has to act, what the user should do. */
  readonly message: string;
}

/** Result of repairing a registry. */
export interface RegistryRepair {
  /** Findings that were repaired. */
  readonly mended: readonly RegistryFinding[];
  /** Damage that could not be repaired, because no copy of the data exists. */
  readonly lost: readonly RegistryFinding[];
  /** Findings that remain after the repair. */
  readonly left: readonly RegistryFinding[];
  /** Names of the damaged files, which were renamed and kept so that a person can inspect them. */
  readonly backups: readonly string[];
}

/** Task for the thread that checks or repairs a registry. */
export interface RegistryTask {
  readonly kind: 'check' | 'repair';
  /** Path of the registry's `servers.json`. The store is in the same folder. */
  readonly path: string;
}

/** Answer of the thread that checks or repairs a registry. The thread exits after sending it. */
export type RegistryTaskReply =
  | { readonly kind: 'checked'; readonly findings: readonly RegistryFinding[] }
  | { readonly kind: 'repaired'; readonly repair: RegistryRepair }
  | { readonly kind: 'failed'; readonly error: WireError };
