import type { Definition } from './sdk-listing.ts';

/** What became of one server of the file. */
export interface ServerOutcome {
  readonly state: string;
  /** Attempts until it was up, or until the run ended. */
  readonly attempts: number;
  /** From the start of the manager until it was up first; null if it never was. */
  readonly upAtMs: number | null;
  readonly tools: readonly Definition[];
  readonly droppedTools: readonly string[];
  readonly lastError: string | null;
  /** Why each attempt failed that did. */
  readonly failures: readonly string[];
}

/** What the manager made of the whole file; manager-process.ts writes it. */
export interface ManagerOutcome {
  readonly servers: Readonly<Record<string, ServerOutcome>>;
  /** From the start until all that should be up were, or until it gave up. */
  readonly settledMs: number;
  readonly isSettled: boolean;
  readonly closeMs: number;
}
