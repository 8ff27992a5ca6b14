/** Commands after which `--` introduces the command of a stdio server. */
const TAKING_PROGRAMS: ReadonlySet<string> = new Set(['call', 'tools', 'resources', 'prompts', 'read']);

/** Subcommands after which `--` does not introduce the command of a stdio server. */
const NOT_TAKING: ReadonlySet<string> = new Set(['diff', 'approve', 'digest']);

/**
 * Splits a command line at the first `--`, if a command of a stdio server follows. Only the words before `--` are
 * parsed. Otherwise the parser could mistake the server's options for options of this program, or a server called
 * `diff` for `tools diff`.
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
