/** Kinds of servers in scripted-program.ts. */
export type ProgramKind = 'cpu' | 'wait' | 'silent';

export interface ProgramSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly isSilent: boolean;
}

/** Servers that one process of the benchmark has to bring up. */
export interface StartJob {
  readonly programs: readonly ProgramSpec[];
  /** The same servers as an mcpServers file. */
  readonly configFile: string;
  /** Limit after which a server counts as never up. */
  readonly capMs: number;
}

export interface StartSample {
  /** Null if no tool was listed. */
  readonly firstToolMs: number | null;
  /** Null if not every answering server came up. */
  readonly lastToolMs: number | null;
  readonly programsUp: number;
  /** Number of answering servers whose first attempt failed. */
  readonly failedFirst: number;
}

/** Receives the outcome of each server, by name. */
export interface StartTell {
  /** Called when the libraries are loaded; time counts from here. */
  ready(): void;
  up(name: string): void;
  failed(name: string): void;
}

/** Way to bring up stdio servers. The process exits once all are up, so a way need only clean up other processes. */
export type StartWay = (job: StartJob, tell: StartTell) => Promise<void>;
