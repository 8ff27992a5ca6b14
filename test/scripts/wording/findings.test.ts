import { describe, expect, it } from 'vitest';
import { checkText, checkWidth, countWords, splitSentences } from '../../../scripts/wording/findings.ts';
import type { Text } from '../../../scripts/wording/text.ts';

const text = (kind: Text['kind'], words: string): Text => ({ path: 'a.ts', line: 7, kind, words });
const long = (count: number): string => `The ${'word '.repeat(count - 2)}end.`;

describe('checkText()', () => {
  it('checkText() reports sentences over 35 words only in docstrings and pages', () => {
    expect(checkText(text('docstring', long(35)))).toEqual([]);
    expect(checkText(text('docstring', `Short. ${long(36)}`))).toMatchObject([{ rule: 'long sentence', line: 7 }]);
    expect(checkText(text('page', long(36)))).toHaveLength(1);
    expect(checkText(text('comment', long(36)))).toEqual([]);
    expect(checkText(text('title', long(36)))).toEqual([]);
  });

  it('a code span counts as one word, and a sentence ends neither inside a code span nor at an abbreviation', () => {
    expect(splitSentences('See `a. B. C`, e.g. Node. Then stop.')).toEqual(['See `code`, e.g Node.', 'Then stop.']);
    expect(countWords('one – two, `code` & three')).toBe(4);
  });

  it.each([
    ['comment', 'Whoever asks'],
    ['docstring', 'The tools; null if there is none.'],
    ['docstring', 'Has the map read.'],
    ['title', 'connects anew'],
    ['page', 'The map that was had last'],
  ] as const)('checkText() reports a forbidden phrase in a %s: %s', (kind, words) => {
    expect(checkText(text(kind, words))).toMatchObject([{ rule: 'phrase' }]);
  });

  it.each([
    'Has no effect twice.',
    'It is no longer read.',
    'The gateway is there.',
    'Use `anew` here.',
    'Sees to be.',
  ])('checkText() reports nothing in the string %j', (words) => {
    expect(checkText(text('docstring', words))).toEqual([]);
  });
});

describe('checkWidth()', () => {
  it('checkWidth() reports comment lines over 120 columns, and ignores the width of code', () => {
    const wide = 'x'.repeat(121);
    expect(checkWidth('a.ts', `// ${wide}\nconst a = '${wide}';\n * ${wide}\n`).map(({ line }) => line)).toEqual([
      1, 3,
    ]);
    expect(checkWidth('a.ts', `// biome-ignore ${wide}`)).toEqual([]);
  });
});
