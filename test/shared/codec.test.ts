import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../../src/shared/codec.ts';

describe('pack and unpack', () => {
  it('unpack() returns the value that pack() packed, for any value that a map may contain', () => {
    // Any value that parseStrictJson() accepts, which means no __proto__ and no lone surrogates. −0 is written as 0.
    const value = fc
      .jsonValue({ stringUnit: 'grapheme' })
      .map((it) => JSON.parse(JSON.stringify(it).replaceAll('__proto__', 'proto')));
    fc.assert(
      fc.property(value, (it) => {
        expect(unpack(pack(it))).toEqual(it);
      }),
    );
  });

  it('unpack() restores packed maps whose entries have different shapes', () => {
    const entries = Array.from({ length: 300 }, (_, i) => ({ id: `c${i}`, [`own${i}`]: { [`deep${i}`]: i } }));
    expect(unpack(pack(entries))).toEqual(entries);
  });

  it('pack() produces self-contained messages, whatever was packed before', () => {
    const first = pack({ a: 1, b: 2 });
    const second = pack({ a: 3, b: 4 });
    expect(unpack(second)).toEqual({ a: 3, b: 4 });
    expect(unpack(first)).toEqual({ a: 1, b: 2 });
  });

  it('pack() returns bytes that own their buffer and can be transferred to another thread', () => {
    const bytes = pack({ a: 1 });
    expect(bytes.buffer.byteLength).toBe(bytes.length);
    pack({ b: 'overwrites a pooled buffer' });
    expect(unpack(bytes)).toEqual({ a: 1 });
  });
});
