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
    'shellWords() leaves %j unsplit, because the command needs a shell and none is ever started',
    (line) => {
      expect(shellWords(line)).toBeNull();
    },
  );
});

describe('looksLikeCommandLine', () => {
  it.each(['npx -y pkg', 'uvx pkg', './run.sh --port 1', 'C:\\a\\b.exe -x'])(
    'looksLikeCommandLine() is true for %s',
    (command) => {
      expect(looksLikeCommandLine(command)).toBe(true);
    },
  );

  it.each(['npx', '/Applications/My App/run', 'C:\\Program Files\\node.exe', '~/my tools/run', ' a '])(
    'looksLikeCommandLine() is false for %s',
    (command) => {
      expect(looksLikeCommandLine(command)).toBe(false);
    },
  );
});
