import { expect, it } from 'vitest';
import { trimBlanks } from '../../../src/shared/net/trim-blanks.ts';

it('trimBlanks() takes spaces and tabs from both ends, and nothing else', () => {
  for (const [text, trimmed] of [
    ['', ''],
    [' \t ', ''],
    [' \ta b\t ', 'a b'],
    ['\u00a0a\n', '\u00a0a\n'],
  ] as const)
    expect(trimBlanks(text)).toBe(trimmed);
});
