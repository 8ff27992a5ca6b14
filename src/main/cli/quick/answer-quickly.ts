import { ownCommand } from '../terminal/own-command.ts';
import {
  OWN_COMMAND,
  QUICK_COMPLETION_FILE,
  QUICK_HELP_FILE,
  type QuickCompletionData,
  type QuickHelpData,
} from './quick-data.ts';
import { renderHelp } from './render-help.ts';

/** Width of the help if stdout is not a terminal. Commander uses the same width. */
const USUAL_WIDTH = 80;

/** What a command line asks for: help, the version, completions or a completion script. */
type Asked =
  | { readonly kind: 'help'; readonly command: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'complete'; readonly words: readonly string[] }
  | { readonly kind: 'script'; readonly shell: string };

/**
 * Answers a command line that asks only for help, the version or completions. For any other command line, prints
 * nothing and resolves with false, so that the caller parses it as usual. Does the same if the necessary data file is
 * not next to the program file `bin`.
 */
export async function answerQuickly(argv: readonly string[], bin: string): Promise<boolean> {
  const asked = askedBy(argv);
  if (asked === null) return false;
  switch (asked.kind) {
    case 'complete': {
      const data = readData<QuickCompletionData>(QUICK_COMPLETION_FILE, bin);
      if (data === null) return false;
      const { completeQuickly } = await import('./complete-quickly.ts');
      completeQuickly(data, asked.words);
      return true;
    }
    case 'script': {
      const { isShell, printCompletionScript } = await import('../completion-script.ts');
      if (isShell(asked.shell)) printCompletionScript(asked.shell);
      return isShell(asked.shell);
    }
    default:
      return printHelp(asked, bin);
  }
}

function printHelp(asked: Extract<Asked, { kind: 'help' | 'version' }>, bin: string): boolean {
  const data = readData<QuickHelpData>(QUICK_HELP_FILE, bin);
  if (data === null) return false;
  if (asked.kind === 'version') {
    process.stdout.write(`${data.version}\n`);
    return true;
  }
  const help = Object.hasOwn(data.help, asked.command) ? data.help[asked.command] : undefined;
  if (help === undefined) return false;
  const own = help.after.includes(OWN_COMMAND) ? ownCommand() : '';
  const { isTTY, columns } = process.stdout;
  process.stdout.write(renderHelp(help, isTTY ? columns : USUAL_WIDTH, own));
  return true;
}

/** Returns what a command line asks for: help, the version or completions. Returns null for any other command line. */
function askedBy(argv: readonly string[]): Asked | null {
  const [first, second] = argv;
  const last = argv.at(-1);
  if (first === undefined) return { kind: 'help', command: '' };
  if (argv.length === 1 && first === '--version') return { kind: 'version' };
  if (first === 'complete') return second === '--' ? { kind: 'complete', words: argv.slice(2) } : null;
  if (first === 'help') return { kind: 'help', command: argv.slice(1).join(' ') };
  if (last === '--help' || last === '-h') return { kind: 'help', command: argv.slice(0, -1).join(' ') };
  return argv.length === 2 && first === 'completion' && second !== undefined ? { kind: 'script', shell: second } : null;
}

function readData<T>(file: string, bin: string): T | null {
  try {
    // The content is not checked, because the build of this package has written the file.
    return JSON.parse(process.getBuiltinModule('node:fs').readFileSync(new URL(file, bin), 'utf8')) as T;
  } catch {
    // There is no data file if the program runs from its sources. Commander prints the answer in that case.
    return null;
  }
}
