import { describe, expect, it } from 'vitest';
import { looksLikeCommandLine, shellWords } from '../../../../src/main/local-config/entry/shell-words.ts';

describe('shellWords', () => {
  it.each([
    ['npx -y pkg', ['npx', '-y', 'pkg']],
    ['  a\t"b c" \'d "e"\' f\\ g ""  ', ['a', 'b c', 'd "e"', 'f g', '']],
    ['a"b"c', ['abc']],
    ['node "C:\\Program Files\\x.js"', ['node', 'C:\\Program Files\\x.js']],
    ['a C:\\x\\y', ['a', 'C:\\x\\y']],
    [`a $TOKEN \${TOKEN}`, ['a', '$TOKEN', `\${TOKEN}`]],
    ["a '$(b)' '|'", ['a', '$(b)', '|']],
    ['', []],
  ])('shellWords() splits the command %j', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it.each(['a "b', "a 'b", 'a | b', 'a && b', 'a > b', 'a; b', 'a $(b)', 'a "$(b)"', 'a `b`', 'a "`b`"'])(
    'shellWords() returns null for %j, because only a shell could run this command',
    (line) => {
      expect(shellWords(line)).toBeNull();
    },
  );
});

describe('looksLikeCommandLine', () => {
  it.each(['npx -y pkg', 'uvx pkg', './run.sh --port 1', 'C:\\a\\b.exe -x'])(
    'looksLikeCommandLine() is true for %s, a command with arguments',
    (command) => {
      expect(looksLikeCommandLine(command)).toBe(true);
    },
  );

  it.each(['npx', '/Applications/My App/run', 'C:\\Program Files\\node.exe', '~/my tools/run', ' a '])(
    'looksLikeCommandLine() is false for %s, a command without arguments',
    (command) => {
      expect(looksLikeCommandLine(command)).toBe(false);
    },
  );
});
