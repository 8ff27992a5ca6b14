import { OWN_COMMAND, QUICK_FILE, type QuickData } from './quick-data.ts';
import { renderHelp } from './render-help.ts';

/** Width that commander uses if the output is not a terminal. */
const USUAL_WIDTH = 80;

/** The part of the data that a command line requests. */
type Asked =
  | { readonly kind: 'help'; readonly command: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'complete'; readonly words: readonly string[] }
  | { readonly kind: 'script'; readonly shell: string };

/**
 * Prints help, the version, or completions, if the command line requests nothing else and the data file is next to the
 * program at `bin`. Returns false, and prints nothing, if the command line has to be parsed as usual.
 */
export async function answerQuickly(argv: readonly string[], bin: string): Promise<boolean> {
  const asked = askedBy(argv);
  const data = asked === null ? null : readData(new URL(QUICK_FILE, bin));
  if (asked === null || data === null) return false;
  switch (asked.kind) {
    case 'version':
      process.stdout.write(`${data.version}\n`);
      return true;
    case 'complete': {
      const { completeQuickly } = await import('./complete-quickly.ts');
      completeQuickly(data, asked.words);
      return true;
    }
    case 'script': {
      const { isShell, printCompletionScript } = await import('../completion-script.ts');
      if (isShell(asked.shell)) printCompletionScript(asked.shell);
      return isShell(asked.shell);
    }
    case 'help': {
      const help = Object.hasOwn(data.help, asked.command) ? data.help[asked.command] : undefined;
      if (help === undefined) return false;
      const own = help.after.includes(OWN_COMMAND) ? (await import('../terminal/own-command.ts')).ownCommand() : '';
      const { isTTY, columns } = process.stdout;
      process.stdout.write(renderHelp(help, isTTY ? columns : USUAL_WIDTH, own));
      return true;
    }
  }
}

/** Returns what a command line requests, by its words alone; null for any other command line. */
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

function readData(file: URL): QuickData | null {
  try {
    // Written by the build of this package.
    return JSON.parse(process.getBuiltinModule('node:fs').readFileSync(file, 'utf8')) as QuickData;
  } catch {
    // A program that runs from its sources has no such file, and uses commander.
    return null;
  }
}
