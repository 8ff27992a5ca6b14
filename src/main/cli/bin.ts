#!/usr/bin/env node
// No static imports here: an older Node could not load the modules, and would not reach the message below.
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
  // The command continues even if the reader of its progress on stderr has gone.
  process.stderr.on('error', () => {});
  const early = argv[0] === 'serve' && argv.includes('--stdio') ? await answerEarly(argv) : null;
  await early?.quiet;
  await keepCompiled();
  const { endIfStuck, runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(argv, early);
  endIfStuck();
}

/**
 * Prints help and completions from the data files of the package's build, if they exist, without creating the tree of
 * all commands.
 */
async function isAnsweredQuickly(argv: readonly string[]): Promise<boolean> {
  const [first] = argv;
  const mayBe = first === undefined || /^(?:help|--version|complete|completion)$/.test(first);
  if (!mayBe && !/^(?:-h|--help)$/.test(argv.at(-1) ?? '')) return false;
  const { answerQuickly } = await import('./quick/answer-quickly.ts');
  return answerQuickly(argv, import.meta.url);
}

/**
 * Answers a client with the first answers of an earlier run, before the program is loaded. Returns null if there are no
 * such answers.
 */
async function answerEarly(argv: readonly string[]) {
  // Tests and measurements disable first answers with this variable, to compare starts with and without them.
  if (process.env.SWITCHYARD_FIRST_ANSWERS === 'off') return null;
  const { answerFirst } = await import('./first-answers/answer-first.ts');
  const { stdin, stdout } = process;
  return answerFirst({ argv, bin: process.argv[1] ?? '', stdin, stdout });
}

/**
 * Keeps compiled modules in the user's cache for the next start. Node's default is a folder that all users of the
 * machine share. Does nothing if the folder cannot be written, or during a coverage run, because compiled modules would
 * falsify its counts.
 */
async function keepCompiled(): Promise<void> {
  if (process.env.NODE_V8_COVERAGE !== undefined || process.env.NODE_COMPILE_CACHE !== undefined) return;
  const { enableCompileCache } = await import('node:module');
  const { homedir } = await import('node:os');
  const { join } = await import('node:path');
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  enableCompileCache(join(cache, 'mcp-switchyard', 'compiled'));
}
