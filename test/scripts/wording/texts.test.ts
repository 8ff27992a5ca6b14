import { describe, expect, it } from 'vitest';
import { readPageTexts } from '../../../scripts/wording/page-texts.ts';
import { readSourceTexts } from '../../../scripts/wording/source-texts.ts';

const shown = (texts: readonly { readonly line: number; readonly kind: string; readonly words: string }[]) =>
  texts.map(({ line, kind, words }) => [line, kind, words]);

describe('readSourceTexts()', () => {
  it('readSourceTexts() joins adjacent line comments, and splits docstrings at empty lines and list items', () => {
    const source = [
      '/**',
      ' * One',
      ' * two.',
      ' *',
      ' * - three',
      ' */',
      'const a = 1; // four',
      '// five',
      '',
      '// six',
    ];
    expect(shown(readSourceTexts('a.ts', source.join('\n')))).toEqual([
      [2, 'docstring', 'One two.'],
      [5, 'docstring', '- three'],
      [7, 'comment', 'four five'],
      [10, 'comment', 'six'],
    ]);
  });

  it('readSourceTexts() ignores code blocks and comments for tools', () => {
    const source = '/**\n * Runs:\n * ```ts\n * anew();\n * ```\n */\n// biome-ignore lint: because\nlet a;\n';
    expect(shown(readSourceTexts('a.ts', source))).toEqual([[2, 'docstring', 'Runs:']]);
  });

  it('readSourceTexts() reads the titles of tests, including tests with case tables or options', () => {
    const source =
      "describe('a', () => {\n  it.each([f(1)])('b %s', () => {});\n  it.skipIf(true)(`c`, () => {});\n});";
    expect(shown(readSourceTexts('a.test.ts', source))).toEqual([
      [1, 'title', 'a'],
      [2, 'title', 'b %s'],
      [3, 'title', 'c'],
    ]);
    expect(readSourceTexts('a.ts', source)).toEqual([]);
  });
});

describe('readPageTexts()', () => {
  it('readPageTexts() reads paragraphs, headings, list items and cells with their lines, but no code', () => {
    const page =
      '# Head\n\nSome [link](x.md)\nand **more**.\n\n- one\n- two `x`\n\n```sh\nanew\n```\n\n| a | b |\n| - | - |\n| c | d |\n';
    expect(shown(readPageTexts('a.md', page))).toEqual([
      [1, 'page', 'Head'],
      [3, 'page', 'Some link and more.'],
      [6, 'page', 'one'],
      [7, 'page', 'two `x`'],
      [13, 'page', 'a'],
      [13, 'page', 'b'],
      [15, 'page', 'c'],
      [15, 'page', 'd'],
    ]);
  });
});
