/** Kind of a server, as scripted-program.ts defines it. */
export type ProgramKind = 'cpu' | 'wait' | 'silent';

export interface ProgramSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly isSilent: boolean;
}

/** The servers that one process of the benchmark has to start and connect to. */
export interface StartJob {
  readonly programs: readonly ProgramSpec[];
  /** Path of a file that lists the same servers in the format `mcpServers`. */
  readonly configFile: string;
  /** Time limit in milliseconds. A server that is not connected within this time counts as failed. */
  readonly capMs: number;
}

export interface StartSample {
  /** Time until the tools of the first server were listed; null if no tools were listed. */
  readonly firstToolMs: number | null;
  /** Time until the tools of the last server were listed; null if a server that should answer failed. */
  readonly lastToolMs: number | null;
  readonly programsUp: number;
  /** Number of servers that answer, but whose first attempt failed. */
  readonly failedFirst: number;
}

/** Receives the outcome for each server, by its name. */
export interface StartTell {
  /** Must be called when all libraries are loaded. This call starts the clock. */
  ready(): void;
  up(name: string): void;
  failed(name: string): void;
}

/**
 * A way to start stdio servers and connect to them. The process exits when all servers are connected, so this function
 * only has to end other processes that it started.
 */
export type StartWay = (job: StartJob, tell: StartTell) => Promise<void>;
