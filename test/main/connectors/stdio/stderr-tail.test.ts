import { describe, expect, it } from 'vitest';
import { StderrTail } from '../../../../src/main/connectors/stdio/stderr-tail.ts';

function tailOf(text: string, secrets: readonly string[] = []): StderrTail {
  const tail = new StderrTail(secrets);
  tail.push(Buffer.from(text));
  return tail;
}

describe('StderrTail', () => {
  it('the kept stderr output of a process is complete if it is short', () => {
    expect(tailOf('one\r\ntwo\nthree').text).toBe('one\ntwo\nthree');
    expect(tailOf('one\rtwo').text).toBe('one\ntwo');
    expect(tailOf('').text).toBe('');
    expect(tailOf('').errorLine).toBe('');
  });

  it('the kept stderr output of a process starts with a whole line if it was truncated', () => {
    const tail = tailOf(Array.from({ length: 2_000 }, (_, line) => `line ${line}\n`).join(''));
    expect(tail.text.length).toBeLessThanOrEqual(8_192);
    expect(tail.text).toMatch(/^line \d+\nline/);
    expect(tail.errorLine).toBe('line 1999');
  });

  it('the kept stderr output contains the end of a line that exceeds the size limit', () => {
    expect(tailOf('x'.repeat(100_000)).text).toHaveLength(8_192);
  });

  it('the kept stderr output still contains its first line at exactly 8 KiB, and loses it with one more byte', () => {
    const tail = tailOf(`first\n${'x'.repeat(8_192 - 6)}`);
    expect(tail.text).toMatch(/^first\nx/);
    tail.push(Buffer.from('y'));
    expect(tail.text).toMatch(/^x+y$/);
  });

  it('the kept stderr output still starts with a whole line after an empty chunk', () => {
    const tail = tailOf(`${'x'.repeat(9_000)}\nlast`);
    tail.push(Buffer.alloc(0));
    expect(tail.text).toBe('last');
  });

  it('the kept stderr output contains no terminal control characters', () => {
    const tail = tailOf('\u001b[31mred\u001b[0m\tand\u0007 \u202eback\u009b\n\u001b]0;title\u0007\n');
    expect(tail.text).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    expect(tail.text).toContain('red and');
    expect(tailOf('a\u2028b\u2029c').text).toBe('a b c');
  });

  it('the kept stderr output shows no secret, even if the secret spans several lines or contains color codes', () => {
    const tail = tailOf('key \u001b[31msk-12\u001b[0m3456 and\n-----BEGIN\nabcdefgh\n', [
      'sk-123456',
      '-----BEGIN\nabcdefgh\n',
    ]);
    expect(tail.text).toBe('key [redacted] and\n[redacted]');
    expect(tailOf('only abcdefgh, abcdefgh', ['-----BEGIN\nabcdefgh\n']).text).toBe('only [redacted], [redacted]');
  });

  it('secrets of fewer than six characters are not redacted in the kept stderr output', () => {
    expect(tailOf('abcdef abcde', ['abcdef', 'abcde']).text).toBe('[redacted] abcde');
  });

  it('the error line of ordinary stderr output is its last non-blank line, truncated to 300 characters', () => {
    expect(tailOf('first\n  last  \n\n \n').errorLine).toBe('last');
    expect(tailOf('x'.repeat(300)).errorLine).toBe('x'.repeat(300));
    expect(tailOf(`${'x'.repeat(400)}\n`).errorLine).toBe(`${'x'.repeat(299)}…`);
  });
});
