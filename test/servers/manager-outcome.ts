import type { Definition } from './sdk-listing.ts';

/** The result for one server of the file. */
export interface ServerOutcome {
  readonly state: string;
  /** Attempts until it was up, or until the run ended. */
  readonly attempts: number;
  /** From the start of the manager until the server was first up; null if it never was. */
  readonly upAtMs: number | null;
  readonly tools: readonly Definition[];
  readonly droppedTools: readonly string[];
  readonly lastError: string | null;
  /** The reason of each failed attempt. */
  readonly failures: readonly string[];
}

/** The manager's result for the whole file; manager-process.ts writes it. */
export interface ManagerOutcome {
  readonly servers: Readonly<Record<string, ServerOutcome>>;
  /** From the start until all wanted servers were up, or until the run timed out. */
  readonly settledMs: number;
  readonly isSettled: boolean;
  readonly closeMs: number;
}
