import { describe, expect, it } from 'vitest';
import { quoted, visible } from '../../../../src/main/cli/discovery/visible-text.ts';

describe('the text of a prompt', () => {
  it.each([
    ['an escape sequence', '\u001b[2J', '\\u{1b}[2J'],
    ['a line feed', 'a\nb', 'a\\u{a}b'],
    ['a bidirectional override', 'a\u202eb', 'a\\u{202e}b'],
    ['a bidirectional isolate', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a no-break space', 'a\u00a0b', 'a\\u{a0}b'],
    ['a Hangul filler, which shows as nothing', 'a\u3164b', 'a\\u{3164}b'],
    ['a tag character beyond the first plane', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ])('shows %s by its number', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves letters of any language and plain blanks as they are', () => {
    expect(visible('Größe 大 a b')).toBe('Größe 大 a b');
  });

  it('escapes quotes and backslashes, so that nobody can write an escape that looks like ours', () => {
    expect(quoted('a "b" \\u{202e}')).toBe('"a \\"b\\" \\\\u{202e}"');
  });
});
