import type { Definition } from './sdk-listing.ts';

/** The manager's result for one server of the configuration file. */
export interface ServerOutcome {
  readonly state: string;
  /** Number of connection attempts until the server was up, or until the run ended. */
  readonly attempts: number;
  /** Milliseconds from the start of the manager until the server was first up, or null if it never was up. */
  readonly upAtMs: number | null;
  readonly tools: readonly Definition[];
  readonly droppedTools: readonly string[];
  readonly lastError: string | null;
  /** The reason of each failed attempt. */
  readonly failures: readonly string[];
}

/** The manager's result for the whole configuration file. Written by manager-process.ts. */
export interface ManagerOutcome {
  readonly servers: Readonly<Record<string, ServerOutcome>>;
  /** Milliseconds until all wanted servers were up and the other servers had failed, or until the run timed out. */
  readonly settledMs: number;
  readonly isSettled: boolean;
  readonly closeMs: number;
}
