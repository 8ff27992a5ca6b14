/** Commands that take the command of a stdio server after `--`. */
const TAKING_PROGRAMS: ReadonlySet<string> = new Set(['call', 'tools', 'resources', 'prompts', 'read']);

/** Subcommands of these commands that take no command of a stdio server. */
const NOT_TAKING: ReadonlySet<string> = new Set(['diff', 'approve', 'digest']);

/**
 * Cuts the first `--`, and the command and arguments after it, off a command line. The parser never sees these words,
 * so it does not mistake their options for its own, or a command called `diff` for a subcommand of `tools`.
 */
export function cutProgram(argv: readonly string[]): {
  readonly words: readonly string[];
  readonly program: readonly string[] | undefined;
} {
  const at = argv.indexOf('--');
  const [command = '', below = ''] = argv;
  if (at < 0 || !TAKING_PROGRAMS.has(command) || NOT_TAKING.has(below)) return { words: argv, program: undefined };
  return { words: argv.slice(0, at), program: argv.slice(at + 1) };
}
