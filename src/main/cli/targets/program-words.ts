/** Commands that take the command of a stdio server after `--`. */
const TAKING_PROGRAMS: ReadonlySet<string> = new Set(['call', 'tools', 'resources', 'prompts', 'read']);

/** Subcommands of these that do not. */
const NOT_TAKING: ReadonlySet<string> = new Set(['diff', 'approve', 'digest']);

/**
 * Cuts the first `--` and the words after it, a command and its arguments, off a command line. The parser then never
 * sees them: it does not take their options as its own, or a command called `diff` as a subcommand of `tools`.
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
