import { describe, expect, it } from 'vitest';
import { dashedArgumentHint } from '../../../../src/main/cli/calling/dashed-argument.ts';
import { runCliHere } from '../../../helpers/cli-in-process.ts';

const hint = (command: string, option: string, ...words: readonly string[]): string | null =>
  dashedArgumentHint(command, [...command.split(' '), ...words], `unknown option '${option}'`);

describe('dashedArgumentHint', () => {
  it.each([
    [['a.b', '--city', 'Bern'], '--city', 'city=Bern'],
    [['a.b', '--city=New York'], '--city=New York', "'city=New York'"],
    [['a.b', '--loud'], '--loud', 'loud=true'],
    [['a.b', '--loud', '--json'], '--loud', 'loud=true'],
    [['a.b', 'x=1', '-n', '3'], '-n', 'n=3'],
    [['a.b', '--text', "it's"], '--text', `'text=it'\\''s'`],
  ])('the error for a tool argument that is typed like an option (%j) suggests key=value', (words, option, example) => {
    expect(hint('call', option, ...words)).toBe(`For an argument, write key=value: ${example}`);
  });

  it('the error for a prompt argument that is typed like an option suggests `key=value`', () => {
    expect(hint('prompts get', '--city', 'a.b', '--city', 'Bern')).toContain('city=Bern');
  });

  it('no hint suggests `key=value` for an option before the tool name, the command `tools`, or the error "missing argument"', () => {
    expect(hint('call', '--jsn', '--jsn', 'a.b')).toBeNull();
    expect(hint('tools', '--city', 'a.b', '--city', 'Bern')).toBeNull();
    expect(dashedArgumentHint('call', ['call', 'a.b'], 'missing argument')).toBeNull();
  });

  it('the hint to write `key=value` is on stderr and in the JSON document of a `call` that exits with code 2', async () => {
    const { code, stderr, stdout } = await runCliHere(['call', 'a.b', '--city', 'Bern', '--json']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('For an argument, write key=value: city=Bern\nTry: ')]);
    expect(JSON.parse(stdout).error.message).toContain('write key=value: city=Bern');
  });
});
