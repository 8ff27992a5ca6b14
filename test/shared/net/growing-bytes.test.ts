import { describe, expect, it } from 'vitest';
import { GrowingBytes } from '../../../src/shared/net/growing-bytes.ts';

const MIB = 1024 * 1024;

describe('GrowingBytes', () => {
  it.each([Number.NaN, 0, -1, 1.5, 3, 200_000, Number.MAX_SAFE_INTEGER])(
    'GrowingBytes joins its parts, with the size hint %d',
    (hint) => {
      const bytes = new GrowingBytes(hint, 2 * MIB);
      const parts = Array.from({ length: 100 }, (_, index) => new Uint8Array(1_000 + index).fill(index));
      for (const part of parts) expect(bytes.add(part)).toBe(true);
      expect(Buffer.compare(bytes.take(), Buffer.concat(parts))).toBe(0);
    },
  );

  it('GrowingBytes is empty if nothing was added', () => {
    expect(new GrowingBytes(10, 10).take()).toHaveLength(0);
  });

  it('GrowingBytes accepts exactly the allowed number of bytes', () => {
    const bytes = new GrowingBytes(0, 5);
    expect([bytes.add(Buffer.from('abc')), bytes.add(Buffer.from('def')), bytes.add(Buffer.from('de'))]).toEqual([
      true,
      false,
      true,
    ]);
    expect(Buffer.from(bytes.take()).toString()).toBe('abcde');
  });

  it('GrowingBytes reserves little memory for a body that is only announced as huge', () => {
    expect(new GrowingBytes(2 ** 40, 2 ** 41).take().buffer.byteLength).toBe(32 * MIB);
  });
});
