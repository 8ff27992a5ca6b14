import { type Command, CommanderError } from 'commander';
import { nearestName } from '../../shared/nearest-name.ts';
import { hasStuckThreads } from '../writer/stuck-threads.ts';
import { dashedArgumentHint } from './calling/dashed-argument.ts';
import { withMeantCommand } from './calling/meant-command.ts';
import type { EarlyClient } from './first-answers/first-client.ts';
import { createProgram } from './program.ts';
import { cutProgram } from './targets/program-words.ts';
import { answerJson, printAnswer, reportFailure, startAnswer } from './terminal/json-document.ts';
import { EXIT, failureFrom, say } from './terminal/output.ts';
import { ownCommand } from './terminal/own-command.ts';

/**
 * Runs a command line. With `--json`, also prints the JSON document of the result. Resolves with the exit code. Never
 * rejects. `early` is a client of `serve --stdio` that was answered before this program was loaded.
 */
export async function runCli(argv: readonly string[], early: EarlyClient | null = null): Promise<number> {
  startAnswer();
  const ended = await runWords(argv, early);
  const exitCode = hasStuckThreads() ? EXIT.killed : ended;
  if (wantsJson(argv)) printAnswer(exitCode);
  return exitCode;
}

/** Whether to print a JSON document. `serve --stdio` prints none, because it uses stdout for its client. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.includes('--json') && !(words[0] === 'serve' && words.includes('--stdio'));
}

async function runWords(argv: readonly string[], early: EarlyClient | null): Promise<number> {
  let exitCode: number = EXIT.ok;
  const { words, program: typedProgram } = cutProgram(argv);
  const program = createProgram(
    (code) => {
      exitCode = code;
    },
    { early, typedProgram, only: words[0] },
  );
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeErr: (text) => process.stderr.write(text),
      // Prints the failure in the same form as all other failures, and then the command that shows the help.
      outputError: (text, write) =>
        write(`mcp-switchyard: ${withHint(command, words, text)}\nTry: ${helpOf(command)}\n`),
    });
  }
  const [first, ...named] = words;
  if (first === undefined || first === 'help') return showHelp(program, named);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      answerMisuse(withHint(commandOf(program, words), words, error.message));
      return EXIT.usage;
    }
    return reportFailure(error);
  }
}

/** Sets the result for a command line that is wrong: an unknown command, option or argument. */
function answerMisuse(message: string): void {
  answerJson({}, failureFrom({ code: 'OPTIONS_INVALID', message }));
}

/**
 * Kills this process if one of its worker threads is stuck. With such a thread, neither the end of the main thread nor
 * `process.exit()` would end the process. All output has been written by then, but the exit code is lost.
 */
export function endIfStuck(): void {
  if (!hasStuckThreads()) return;
  process.stderr.write('mcp-switchyard: WORKER_STUCK: A worker thread does not end; this process is killed.\n');
  process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Shows the help of the command with this name, such as `['tools', 'diff']`. Returns the exit code. */
function showHelp(program: Command, names: readonly string[]): number {
  let command = program;
  for (const name of names.filter((each) => !each.startsWith('-'))) {
    const below = command.commands.find((each) => each.name() === name);
    if (below === undefined) {
      const nearest = nearestName(
        name,
        command.commands.map((each) => each.name()),
      );
      const meant = nearest === null ? '' : ` (Did you mean ${nearest}?)`;
      const message = `unknown command '${name}'${meant}`;
      say(`mcp-switchyard: ${message}\nTry: ${helpOf(command)}`);
      answerMisuse(message);
      return EXIT.usage;
    }
    command = below;
  }
  command.outputHelp();
  return EXIT.ok;
}

/** Returns an error message of commander. Adds a hint if another command, or an argument of a tool, may be meant. */
function withHint(command: Command, words: readonly string[], text: string): string {
  const message = text.replace(/^error: /, '').trim();
  const name = namesOf(command).join(' ');
  const meant = withMeantCommand(name, message);
  if (meant !== null) return meant;
  const hint = dashedArgumentHint(name, words, message);
  return hint === null ? message : `${message}\n${hint}`;
}

/** Returns the command that the first words of a command line name. */
function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const below = command.commands.find((each) => each.name() === word);
    if (below === undefined) break;
    command = below;
  }
  return command;
}

/** Returns the command line that prints the help of a command. */
function helpOf(command: Command): string {
  return ownCommand(...namesOf(command), '--help');
}

/** Returns the full name of a command without the name of the program, such as `['tools', 'diff']`. */
function namesOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...namesOf(command.parent), command.name()];
}
