import { type Command, CommanderError } from 'commander';
import { SwitchyardError } from '../../shared/errors.ts';
import { createProgram } from './program.ts';
import { EXIT, failureOf, printJson, reportFailure, say } from './terminal/output.ts';

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
        write(`switchyard: ${text.replace(/^error: /, '').trim()}\nTry: ${pathOf(command)} --help\n`),
    });
  }
  if (argv.length === 0) {
    say(`switchyard: A command is missing.\nTry: ${pathOf(program)} --help`);
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

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** A command as it is called, as in `switchyard tools diff`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
