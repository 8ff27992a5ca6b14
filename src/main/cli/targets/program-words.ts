/** Commands that work with the program behind `--`. */
const TAKING_PROGRAMS: ReadonlySet<string> = new Set(['call', 'tools', 'resources', 'prompts', 'read']);

/** Commands below those that do not. */
const NOT_TAKING: ReadonlySet<string> = new Set(['diff', 'approve', 'digest']);

/**
 * Cuts the program and its arguments off a command line, which begin behind the first `--`. What is parsed then never
 * sees them: an option of the program is none of this one, and a program called `diff` is no command of `tools`.
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
