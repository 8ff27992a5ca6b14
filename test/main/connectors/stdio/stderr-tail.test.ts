import { describe, expect, it } from 'vitest';
import { StderrTail } from '../../../../src/main/connectors/stdio/stderr-tail.ts';

function tailOf(text: string, secrets: readonly string[] = []): StderrTail {
  const tail = new StderrTail(secrets);
  tail.push(Buffer.from(text));
  return tail;
}

describe('StderrTail', () => {
  it('keeps everything that is short', () => {
    expect(tailOf('one\r\ntwo\nthree').text).toBe('one\ntwo\nthree');
    expect(tailOf('').text).toBe('');
    expect(tailOf('').lastLine).toBe('');
  });

  it('begins with a whole line where it had to cut', () => {
    const tail = tailOf(Array.from({ length: 2_000 }, (_, line) => `line ${line}\n`).join(''));
    expect(tail.text.length).toBeLessThanOrEqual(8_192);
    expect(tail.text).toMatch(/^line \d+\nline/);
    expect(tail.lastLine).toBe('line 1999');
  });

  it('keeps the end of a line that is longer than all of it', () => {
    expect(tailOf('x'.repeat(100_000)).text).toHaveLength(8_192);
  });

  it('has no character that a terminal would obey', () => {
    const tail = tailOf('\u001b[31mred\u001b[0m\tand\u0007 \u202eback\u009b\n\u001b]0;title\u0007\n');
    expect(tail.text).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    expect(tail.text).toContain('red and');
  });

  it('shows no secret, even one of several lines or in colours', () => {
    const tail = tailOf('key \u001b[31msk-12\u001b[0m3456 and\n-----BEGIN\nabcdefgh\n', [
      'sk-123456',
      '-----BEGIN\nabcdefgh\n',
    ]);
    expect(tail.text).toBe('key [redacted] and\n[redacted]');
  });

  it('gives the last line that says something, cut to 300 characters', () => {
    expect(tailOf('first\n  last  \n\n \n').lastLine).toBe('last');
    expect(tailOf(`${'x'.repeat(400)}\n`).lastLine).toBe(`${'x'.repeat(299)}…`);
  });
});
