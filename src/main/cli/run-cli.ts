import { parseArgs } from 'node:util';
import { codeOf, isErrorCode, messageOf } from '../../shared/errors.ts';
import { PACKAGE_VERSION } from '../package-version.ts';

const USAGE = `switchyard ${PACKAGE_VERSION}: the connector manager for MCP hosts that never blocks your event loop

Usage: switchyard COMMAND [options]

Commands
  demo          start real MCP servers, sign a map of them, bring them up from it and call their tools

Options of demo
  --once        end after the first round; exit 0 only if all went well
  --json        print one JSON document on stdout and nothing else there; implies --once

Options everywhere
  -h, --help    this text
  --version     the version

Examples
  switchyard demo
  switchyard demo --once --json

Exit codes: 0 all went well, 1 something failed (stderr says what), 2 the command line is wrong,
            130 and 143 interrupted by SIGINT or SIGTERM before the result was there
`;

const OPTIONS = {
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

/** Runs the command line; resolves with the exit code. Never rejects. */
export async function runCli(argv: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    // parseArgs goes on to advise on positional arguments, which no option here can be.
    return misuse(messageOf(error).replace(/\. To specify a positional argument.*$/, '.'));
  }
  const { values, positionals } = parsed;
  const [command, ...rest] = positionals;
  if (values.help) return print(USAGE);
  if (values.version) return print(`${PACKAGE_VERSION}\n`);
  if (command === undefined) return misuse('A command is missing.');
  if (command !== 'demo') return misuse(`There is no command "${command}".`);
  if (rest.length > 0) return misuse(`The command demo takes no argument "${rest[0]}".`);
  try {
    // Loaded only now: it brings the whole library along, and `--help` should not wait for that.
    const { runDemo } = await import('./demo/demo.ts');
    return await runDemo({ once: values.once || values.json, json: values.json });
  } catch (error) {
    const code = codeOf(error);
    process.stderr.write(`switchyard: ${isErrorCode(code) ? `${code}: ` : ''}${messageOf(error)}\n`);
    return 1;
  }
}

function parse(argv: readonly string[]): {
  values: { once: boolean; json: boolean; help: boolean; version: boolean };
  positionals: string[];
} {
  return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function misuse(message: string): number {
  process.stderr.write(`switchyard: ${message}\nTry: switchyard --help\n`);
  return 2;
}
