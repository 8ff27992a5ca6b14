import { describe, expect, it } from 'vitest';
import { withMeantCommand } from '../../../../src/main/cli/calling/meant-command.ts';

describe('withMeantCommand', () => {
  it.each([
    ['', "unknown command 'list'", "unknown command 'list'\n(Did you mean tools?)"],
    ['', "unknown command 'daemon'\n(Did you mean demo?)", "unknown command 'daemon'\n(Did you mean serve?)"],
    ['', "unknown command 'crm.search'", "unknown command 'crm.search'\n(Did you mean call crm.search?)"],
    ['auth', "unknown command 'github'", "unknown command 'github'\n(Did you mean auth login github?)"],
    ['', "unknown option '--config'", "unknown option '--config'\nWrite options after the command."],
  ])('withMeantCommand(%j) adds what the user probably meant to the error %j', (command, message, expected) => {
    expect(withMeantCommand(command, message)).toBe(expected);
  });

  it.each([
    ['', "unknown command 'dmeo'\n(Did you mean demo?)"],
    ['', "unknown option '--verison'\n(Did you mean --version?)"],
    ['auth', "unknown command 'logn'\n(Did you mean login?)"],
    ['tools', "unknown option '--jsno'\n(Did you mean --json?)"],
    ['registry', "unknown command 'list-all'"],
  ])('withMeantCommand(%j) leaves the error %j to the parser', (command, message) => {
    expect(withMeantCommand(command, message)).toBeNull();
  });
});
