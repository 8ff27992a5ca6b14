/** A connector that is a program of this machine: what to run. Never handed to a shell. */
export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Set besides the few variables that every program gets. May hold secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** Null: that of this process. */
  readonly cwd: string | null;
}
