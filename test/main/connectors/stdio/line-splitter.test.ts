import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../../src/main/connectors/stdio/line-splitter.ts';

describe('LineSplitter', () => {
  it('LineSplitter returns the same non-empty lines however the bytes are split', () => {
    const lines = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '')));
    fc.assert(
      fc.property(lines, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (expected, sizes) => {
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
        const splitter = new LineSplitter(1_000_000);
        const seen: unknown[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          seen.push(...splitter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(seen).toEqual(expected.filter((line) => line !== ''));
      }),
    );
  });

  it('LineSplitter keeps an incomplete line until its end arrives, and drops one carriage return before a line feed', () => {
    const splitter = new LineSplitter(100);
    expect([...splitter.push(Buffer.from('a\r\nb'))]).toEqual(['a']);
    expect([...splitter.push(Buffer.from('c\n'))]).toEqual(['bc']);
    expect([...splitter.push(Buffer.from('a\rb\nc\r\r\n'))]).toEqual(['a\rb', 'c\r']);
  });

  it('LineSplitter allows a line at the size limit, and returns null for a line that is one byte longer', () => {
    expect([...new LineSplitter(3).push(Buffer.from('abc\nabcd\nx'))]).toEqual(['abc', null]);
    const splitter = new LineSplitter(3);
    expect([...splitter.push(Buffer.from('ab'))]).toEqual([]);
    expect([...splitter.push(Buffer.from('cd'))]).toEqual([null]);
  });
});
