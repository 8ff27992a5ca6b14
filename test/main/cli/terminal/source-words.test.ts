import { Command } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { withSource } from '../../../../src/main/cli/source-options.ts';
import { loginCommand, withOwnCommand, withoutLoginCommand } from '../../../../src/main/cli/terminal/own-command.ts';
import { rememberSource, sourceWords } from '../../../../src/main/cli/terminal/source-words.ts';

/** Returns the source words stored for a command line. */
function wordsOf(...args: string[]): readonly string[] {
  const command = withSource(new Command().exitOverride().argument('[words...]'));
  command.parse(args, { from: 'user' });
  rememberSource(command);
  return sourceWords();
}

afterEach(() => rememberSource(new Command()));

describe('source options of the current command line', () => {
  it('are empty if none were given, whatever their defaults are', () => {
    expect(wordsOf()).toEqual([]);
    expect(wordsOf('--json', '--wait', '5', '--no-state')).toEqual([]);
  });

  it('are repeated as they were given', () => {
    expect(wordsOf('--config', 'a.json', '--registry', '--config', 'b c.json', '--allow-env', 'CRM')).toEqual(
      ['--config', 'a.json', '--config', 'b c.json', '--registry', '--allow-env', 'CRM'], // In the order of the table.
    );
    expect(wordsOf('--from', 'claude,cursor', '--state-dir', '/s')).toEqual([
      '--from',
      'claude,cursor',
      '--state-dir',
      '/s',
    ]);
  });

  it('appear in the suggested commands that work with connectors', () => {
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

  it('are replaced in suggested commands by the URL that the running command was given', () => {
    wordsOf('https://crm.example/mcp');
    for (const name of ['status', 'tools'])
      expect(withOwnCommand(`\`mcp-switchyard ${name}\``)).toMatch(/ tools https:\/\/crm\.example\/mcp`$/);
  });

  it('appear in commands that log in', () => {
    wordsOf('--config', 'b c.json');
    expect(loginCommand('crm')).toMatch(/ auth login crm --config 'b c\.json'$/);
    const text = withOwnCommand('Run `mcp-switchyard auth login crm` or `mcp-switchyard tools diff`.');
    expect(text).toMatch(/^Run `\S+ \S*bin\.ts auth login crm --config 'b c\.json'` or `\S+ \S*bin\.ts tools diff`\.$/);
    expect(withOwnCommand('`mcp-switchyard auth login`')).toMatch(/ auth login --config 'b c\.json'`$/);
  });

  it('are omitted from an error, with the login command, if the last output line contains that command', () => {
    const message = 'Connector crm wants a login at https://issuer.example: run `mcp-switchyard auth login crm`.';
    expect(withoutLoginCommand(message)).toBe('Connector crm wants a login at https://issuer.example');
    expect(withoutLoginCommand('Run `mcp-switchyard tools diff`.')).toBe('Run `mcp-switchyard tools diff`.');
  });

  it('quote a foreign id, so that a shell runs no part of it', () => {
    wordsOf();
    expect(loginCommand('a;reboot')).toMatch(/ auth login 'a;reboot'$/);
    expect(withOwnCommand('`mcp-switchyard auth login $(reboot)`')).toMatch(/ auth login '\$\(reboot\)'`$/);
  });
});
