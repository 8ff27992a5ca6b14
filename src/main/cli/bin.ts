#!/usr/bin/env node
// This file has no static imports: an older Node.js could not load them, and would fail before it prints the message
// below.
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  const remedy = 'Install a newer version from https://nodejs.org.';
  process.stderr.write(`mcp-switchyard needs Node.js ${OLDEST_NODE} or newer; this is ${process.version}. ${remedy}\n`);
  process.exitCode = 1;
} else {
  // EPIPE is not a failure, because a reader such as `head` closes the pipe early. Any other error, such as a full
  // disk, is a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`mcp-switchyard: cannot write the result: ${error.message}\n`);
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  const argv = process.argv.slice(2);
  if (!(await isAnsweredQuickly(argv))) await run(argv);
}

/** Loads the program and runs the command line. */
async function run(argv: readonly string[]): Promise<void> {
  // A command does not fail if nobody reads its progress on stderr any more.
  process.stderr.on('error', () => {});
  const early = argv[0] === 'serve' && argv.includes('--stdio') ? await answerEarly(argv) : null;
  await early?.quiet;
  await keepCompiled();
  const { endIfStuck, runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(argv, early);
  endIfStuck();
}

/**
 * Prints help, the version or completions from data files that are built with the package. This is faster than creating
 * all commands. Resolves with false if the command line asks for something else, or a data file is missing.
 */
async function isAnsweredQuickly(argv: readonly string[]): Promise<boolean> {
  const [first] = argv;
  const mayBe = first === undefined || /^(?:help|--version|complete|completion)$/.test(first);
  if (!mayBe && !/^(?:-h|--help)$/.test(argv.at(-1) ?? '')) return false;
  const { answerQuickly } = await import('./quick/answer-quickly.ts');
  return answerQuickly(argv, import.meta.url);
}

/**
 * Answers the client of `serve --stdio` before the program is loaded, with responses that an earlier run has stored
 * (the first answers). Resolves with null if there are no valid first answers.
 */
async function answerEarly(argv: readonly string[]) {
  // Tests and benchmarks set this variable to `off` to start without first answers.
  if (process.env.SWITCHYARD_FIRST_ANSWERS === 'off') return null;
  const { answerFirst } = await import('./first-answers/answer-first.ts');
  const { stdin, stdout } = process;
  return answerFirst({ argv, bin: process.argv[1] ?? '', stdin, stdout });
}

/**
 * Stores compiled modules in the user's cache folder for the next start, because Node's default folder is shared by all
 * users of the machine. Does nothing if the folder cannot be written. Does nothing during a coverage run either,
 * because compiled modules would falsify the coverage.
 */
async function keepCompiled(): Promise<void> {
  if (process.env.NODE_V8_COVERAGE !== undefined || process.env.NODE_COMPILE_CACHE !== undefined) return;
  const { enableCompileCache } = await import('node:module');
  const { homedir } = await import('node:os');
  const { join } = await import('node:path');
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  enableCompileCache(join(cache, 'mcp-switchyard', 'compiled'));
}
