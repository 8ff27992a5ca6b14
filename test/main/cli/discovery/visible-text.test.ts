import { describe, expect, it } from 'vitest';
import { quoted, visible } from '../../../../src/main/cli/discovery/visible-text.ts';

describe('prompt text', () => {
  it.each([
    ['an escape sequence', '\u001b[2J', '\\u{1b}[2J'],
    ['a line feed', 'a\nb', 'a\\u{a}b'],
    ['a bidirectional override', 'a\u202eb', 'a\\u{202e}b'],
    ['a bidirectional isolate', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a no-break space', 'a\u00a0b', 'a\\u{a0}b'],
    ['an invisible Hangul filler', 'a\u3164b', 'a\\u{3164}b'],
    ['a tag character outside the basic multilingual plane', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ])('the trust prompt shows %s as an escaped code point', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('the trust prompt shows letters of any language and plain spaces unchanged', () => {
    expect(visible('Größe 大 a b')).toBe('Größe 大 a b');
  });

  it('the trust prompt escapes quotes and backslashes, so that no string can imitate an escape', () => {
    expect(quoted('a "b" \\u{202e}')).toBe('"a \\"b\\" \\\\u{202e}"');
  });
});
