/** The kinds of scripted-program.ts. */
export type ProgramKind = 'cpu' | 'wait' | 'silent';

export interface ProgramSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly isSilent: boolean;
}

/** What one process of the benchmark has to bring up. */
export interface StartJob {
  readonly programs: readonly ProgramSpec[];
  /** The same programs as an mcpServers file. */
  readonly configFile: string;
  /** After this time, what is not up counts as never up. */
  readonly capMs: number;
}

export interface StartSample {
  /** Null if no tool came. */
  readonly firstToolMs: number | null;
  /** Null if not every program that answers came up. */
  readonly lastToolMs: number | null;
  readonly programsUp: number;
  /** Programs that answer and whose first attempt failed. */
  readonly failedFirst: number;
}

/** Is told what becomes of the programs, by name. */
export interface StartTell {
  /** The libraries are loaded; time counts from here. */
  ready(): void;
  up(name: string): void;
  failed(name: string): void;
}

/** One way to bring programs up. The process exits once all are up, so it need not end anything but other processes. */
export type StartWay = (job: StartJob, tell: StartTell) => Promise<void>;
