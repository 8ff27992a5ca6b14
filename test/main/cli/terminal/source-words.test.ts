import { Command } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { loginCommand, withOwnCommand, withoutLoginCommand } from '../../../../src/main/cli/terminal/own-command.ts';
import { rememberSource, sourceWords } from '../../../../src/main/cli/terminal/source-words.ts';
import { withSource } from '../../../../src/main/cli/with-source.ts';

/** Returns the source options that the CLI remembers for these arguments. */
function wordsOf(...args: string[]): readonly string[] {
  const command = withSource(new Command().exitOverride().argument('[words...]'));
  command.parse(args, { from: 'user' });
  rememberSource(command);
  return sourceWords();
}

afterEach(() => rememberSource(new Command()));

describe('source options of the current command line', () => {
  it('sourceWords() returns nothing if the command line has no source options', () => {
    expect(wordsOf()).toEqual([]);
    expect(wordsOf('--json', '--wait', '5', '--no-state')).toEqual([]);
  });

  it('sourceWords() returns the source options of the current command line with their values', () => {
    expect(wordsOf('--config', 'a.json', '--registry', '--config', 'b c.json', '--allow-env', 'CRM')).toEqual(
      ['--config', 'a.json', '--config', 'b c.json', '--registry', '--allow-env', 'CRM'], // Sorted by option.
    );
    expect(wordsOf('--from', 'claude,cursor', '--state-dir', '/s')).toEqual([
      '--from',
      'claude,cursor',
      '--state-dir',
      '/s',
    ]);
  });

  it('a suggested command repeats only those source options of the current command line that it needs', () => {
    wordsOf('--config', 'b c.json', '--state-dir', '/s');
    for (const name of ['status', 'tools', 'resources', 'prompts'])
      expect(withOwnCommand(`See \`mcp-switchyard ${name}\`.`)).toMatch(
        new RegExp(` ${name} --config 'b c\\.json' --state-dir /s\`\\.$`),
      );
    expect(withOwnCommand('`mcp-switchyard tools diff`')).toMatch(/ tools diff --state-dir \/s`$/);
    expect(withOwnCommand('`mcp-switchyard tools approve crm.$(reboot)`')).toMatch(
      / tools approve 'crm\.\$\(reboot\)' --state-dir \/s`$/,
    );
    expect(withOwnCommand('`mcp-switchyard registry list`')).toMatch(/ registry list`$/);
  });

  it('a suggested command repeats the server URL of the current command line', () => {
    wordsOf('https://crm.example/mcp');
    for (const name of ['status', 'tools'])
      expect(withOwnCommand(`\`mcp-switchyard ${name}\``)).toMatch(/ tools https:\/\/crm\.example\/mcp`$/);
  });

  it('a suggested `auth login` command repeats the source options of the current command line', () => {
    wordsOf('--config', 'b c.json');
    expect(loginCommand('crm')).toMatch(/ auth login crm --config 'b c\.json'$/);
    const text = withOwnCommand('Run `mcp-switchyard auth login crm` or `mcp-switchyard tools diff`.');
    expect(text).toMatch(/^Run `\S+ \S*bin\.ts auth login crm --config 'b c\.json'` or `\S+ \S*bin\.ts tools diff`\.$/);
    expect(withOwnCommand('`mcp-switchyard auth login`')).toMatch(/ auth login --config 'b c\.json'`$/);
  });

  it('withoutLoginCommand() removes the login command, and no other command, from an error message', () => {
    const message = 'Connector crm wants a login at https://issuer.example: run `mcp-switchyard auth login crm`.';
    expect(withoutLoginCommand(message)).toBe('Connector crm wants a login at https://issuer.example');
    expect(withoutLoginCommand('Run `mcp-switchyard tools diff`.')).toBe('Run `mcp-switchyard tools diff`.');
  });

  it('a suggested command quotes the id of a connector, so that a shell runs no part of the id', () => {
    wordsOf();
    expect(loginCommand('a;reboot')).toMatch(/ auth login 'a;reboot'$/);
    expect(withOwnCommand('`mcp-switchyard auth login $(reboot)`')).toMatch(/ auth login '\$\(reboot\)'`$/);
  });
});
