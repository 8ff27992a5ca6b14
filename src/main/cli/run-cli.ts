import { type Command, CommanderError } from 'commander';
import { SwitchyardError } from '../../shared/errors.ts';
import { hasStuckThreads } from '../writer/stuck-threads.ts';
import { createProgram } from './program.ts';
import { EXIT, failureOf, printJson, reportFailure, say } from './terminal/output.ts';
import { ownCommand } from './terminal/own-command.ts';

/** Runs the command line; resolves with the exit code. Never rejects. */
export async function runCli(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram((code) => {
    exitCode = code;
  });
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeErr: (text) => process.stderr.write(text),
      // One line, as every other failure has, and where to look.
      outputError: (text, write) =>
        write(`mcp-switchyard: ${text.replace(/^error: /, '').trim()}\nTry: ${helpOf(command)}\n`),
    });
  }
  if (argv.length === 0) {
    say(`mcp-switchyard: A command is missing.\nTry: ${helpOf(program)}`);
    return EXIT.usage;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      const message = error.message.replace(/^error: /, '');
      if (argv.includes('--json'))
        printJson({ ok: false, error: failureOf(new SwitchyardError('OPTIONS_INVALID', message)) });
      return EXIT.usage;
    }
    return reportFailure(error, argv.includes('--json'));
  }
}

/**
 * Kills this process if one of its threads does not end: neither the end of the main thread nor `process.exit()` would
 * end the process. What was printed is out by then, but the exit code is lost.
 */
export function endIfStuck(): void {
  if (!hasStuckThreads()) return;
  process.stderr.write('mcp-switchyard: WORKER_STUCK: A worker thread does not end; this process is killed.\n');
  process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** The command line that shows the help of a command. */
function helpOf(command: Command): string {
  return ownCommand(...namesOf(command), '--help');
}

/** The names of a command below the program, as in `tools diff`. */
function namesOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...namesOf(command.parent), command.name()];
}
