import { expect, it } from 'vitest';
import { trimBlanks } from '../../../src/shared/net/trim-blanks.ts';

it('trimBlanks() removes only spaces and tabs from both ends', () => {
  for (const [text, trimmed] of [
    ['', ''],
    [' \t ', ''],
    [' \ta b\t ', 'a b'],
    ['\u00a0a\n', '\u00a0a\n'],
  ] as const)
    expect(trimBlanks(text)).toBe(trimmed);
});
