import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/main/cli/program.ts';
import { cutProgram } from '../../../src/main/cli/targets/program-words.ts';
import { rememberSource } from '../../../src/main/cli/terminal/source-words.ts';
import { commandWords, helpExamples } from '../../helpers/help-examples.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const examples = helpExamples();
const commands = commandWords();

/** Bash functions in place of commands. `mcp-switchyard` writes its arguments to a file. `ssh` runs a command here. */
const STUBS = `
mcp-switchyard() { printf '%s\\0' "$@" > "$OUT"; }
ssh() { shift 2; "$@"; }
jq() { :; }
curl() { :; }
cat() { :; }
`;

/** Returns for each line the arguments of mcp-switchyard, or null if the line does not run mcp-switchyard. */
function wordsOf(lines: readonly string[]): readonly (readonly string[] | null)[] {
  using folder = new TempDir();
  const script = lines.map((line, index) => `( OUT=${folder.path}/${index}; ${line} ) < /dev/null\n`).join('');
  const { PATH } = process.env;
  spawnSync('bash', ['-c', STUBS + script], { cwd: folder.path, env: { PATH, HOME: folder.path } });
  return lines.map((_, index) => {
    const file = join(folder.path, String(index));
    return existsSync(file) ? readFileSync(file, 'utf8').split('\0').slice(0, -1) : null;
  });
}

/** Parses a command line without running its command, and returns the name of that command. */
async function parsed(argv: readonly string[]): Promise<string> {
  const { words, program: typedProgram } = cutProgram(argv);
  const program = createProgram(() => {}, { typedProgram });
  let ran = 'nothing';
  program.hook('preAction', (_, running) => {
    ran = pathOf(running);
  });
  const silence = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, outputError: () => {} });
    command.action(() => {});
    command.commands.forEach(silence);
  };
  silence(program);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    // Other errors than parser errors are expected, because this machine may have no config files of clients.
    if (error instanceof CommanderError) return error.message;
  } finally {
    rememberSource(new Command());
  }
  return ran;
}

function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}

describe('help examples', () => {
  it('the help of every command has examples', () => {
    const has = new Set(examples.map(({ command }) => command));
    expect(commands.filter((words) => !has.has(words))).toEqual([]);
  });

  it('the help of every command has an example that starts this command', () => {
    const without = commands.filter(
      (words) =>
        !examples.some(({ command, line }) => command === words && line.includes(`mcp-switchyard ${words}`.trim())),
    );
    expect(without).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'the help examples use only commands, arguments and options that exist',
    async () => {
      const words = wordsOf(examples.map(({ line }) => line));
      const wrong: string[] = [];
      for (const [index, { line }] of examples.entries()) {
        const argv = words[index] ?? null;
        const ran = argv === null ? 'not started' : await parsed(argv);
        if (!argv?.join(' ').startsWith(ran)) wrong.push(`${line}: ${ran}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  it('docs/cli.md has an example of every command', () => {
    const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    const isGroup = (words: string): boolean => commands.some((other) => other.startsWith(`${words} `));
    expect(commands.filter((words) => !isGroup(words) && !page.includes(`mcp-switchyard ${words}`))).toEqual([]);
  });
});
