import { type Command, CommanderError } from 'commander';
import { nearestName } from '../../shared/nearest-name.ts';
import { hasStuckThreads } from '../writer/stuck-threads.ts';
import { dashedArgumentHint } from './calling/dashed-argument.ts';
import type { EarlyClient } from './first-answers/first-client.ts';
import { createProgram } from './program.ts';
import { cutProgram } from './targets/program-words.ts';
import { answerJson, printAnswer, reportFailure, startAnswer } from './terminal/json-document.ts';
import { EXIT, failureFrom, say } from './terminal/output.ts';
import { ownCommand } from './terminal/own-command.ts';

/**
 * Runs the command line, and prints its document if `--json` is given. Resolves with the exit code. Never rejects.
 * `early` is a client of `serve --stdio` that already received answers.
 */
export async function runCli(argv: readonly string[], early: EarlyClient | null = null): Promise<number> {
  startAnswer();
  const ended = await runWords(argv, early);
  const exitCode = hasStuckThreads() ? EXIT.killed : ended;
  if (wantsJson(argv)) printAnswer(exitCode);
  return exitCode;
}

/** Whether the command line asks for a document. With `serve --stdio`, stdout belongs to the client. */
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
      // One line about the failure, as for every other failure, and one line that says where to find help.
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

/** Sets the result of a command line that names no command, or an unknown option or argument. */
function answerMisuse(message: string): void {
  answerJson({}, failureFrom({ code: 'OPTIONS_INVALID', message }));
}

/**
 * Kills this process if one of its threads does not end: neither the end of the main thread nor `process.exit()` would
 * end the process. The output has been written by then, but the exit code is lost.
 */
export function endIfStuck(): void {
  if (!hasStuckThreads()) return;
  process.stderr.write('mcp-switchyard: WORKER_STUCK: A worker thread does not end; this process is killed.\n');
  process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Shows the help of the command that `names` lead to, such as `tools diff`. Returns the exit code. */
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

/** Returns the error of commander, with a hint if an argument of a tool may be meant. */
function withHint(command: Command, words: readonly string[], text: string): string {
  const message = text.replace(/^error: /, '').trim();
  const hint = dashedArgumentHint(namesOf(command).join(' '), words, message);
  return hint === null ? message : `${message}\n${hint}`;
}

/** Returns the command that the first words name. */
function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const below = command.commands.find((each) => each.name() === word);
    if (below === undefined) break;
    command = below;
  }
  return command;
}

/** Returns the command line that shows the help of a command. */
function helpOf(command: Command): string {
  return ownCommand(...namesOf(command), '--help');
}

/** Returns the names of a command below the program, as in `tools diff`. */
function namesOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...namesOf(command.parent), command.name()];
}
