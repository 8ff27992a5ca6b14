import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalPieces } from '../../../src/shared/map/canonical-json.ts';

/**
 * An independent, slow implementation of RFC 8785. It sorts the keys of every object by code units, then stringifies.
 */
function slowCanonical(value: unknown): string {
  const ordered = (it: unknown): unknown => {
    if (Array.isArray(it)) return it.map(ordered);
    if (typeof it !== 'object' || it === null) return it;
    // A Map keeps the insertion order even for keys that look like integers, which an object would move to the front.
    const keys = Object.keys(it).sort((a, b) => {
      for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
        const difference = a.charCodeAt(i) - b.charCodeAt(i);
        if (difference !== 0) return difference;
      }
      return a.length - b.length;
    });
    return new Map(keys.map((key) => [key, ordered((it as Record<string, unknown>)[key])]));
  };
  const write = (it: unknown): string => {
    if (it instanceof Map)
      return `{${[...it].map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`;
    if (Array.isArray(it)) return `[${it.map(write).join(',')}]`;
    return JSON.stringify(it);
  };
  return write(ordered(value));
}

const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });

describe('canonicalJson', () => {
  it('canonicalJson() returns the example of RFC 8785 section 3.2.2', () => {
    const value = {
      numbers: [JSON.parse('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('canonicalJson() sorts keys by UTF-16 code units, like the example of RFC 8785 section 3.2.3', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(
      Object.values(
        JSON.parse(
          `[${canonicalJson(value)
            .match(/:\d/g)
            ?.map((it) => it.slice(1))}]`,
        ),
      ),
    ).toEqual([2, 4, 6, 7, 1, 5, 3]);
  });

  it('canonicalJson() sorts upper case before lower case, by code units rather than by locale', () => {
    expect(canonicalJson({ b: 1, B: 2, a: 3, A: 4 })).toBe('{"A":4,"B":2,"a":3,"b":1}');
  });

  it('canonicalJson() agrees with an independent implementation on any JSON value', () => {
    fc.assert(fc.property(json, (value) => canonicalJson(value) === slowCanonical(value)));
  });

  it('canonicalJson() returns the same text for any order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        return canonicalJson(value) === canonicalJson(reversed);
      }),
    );
  });

  it('canonicalJson() writes minus zero as zero and omits undefined members', () => {
    expect(canonicalJson({ zero: -0, nothing: undefined, list: [undefined] })).toBe('{"list":[null],"zero":0}');
  });

  it('canonicalJson() calls toJSON() methods, as JSON.stringify() does', () => {
    expect(canonicalJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });

  it.each([
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['NaN', Number.NaN],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['a bigint', 1n],
    ['a function', { f: () => 1 }],
  ])('canonicalJson() rejects %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('canonicalJson() rejects a cycle instead of overflowing the stack', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => canonicalJson(cycle)).toThrow(/deeper than 512/);
  });
});

describe('canonicalPieces', () => {
  it('canonicalPieces() yields pieces that join to the canonical form without the omitted member', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), json, (value, signature) => {
        const whole = [...canonicalPieces({ ...value, signature }, 'signature')].map(({ text }) => text).join('');
        const { signature: _, ...rest } = { ...value, signature };
        return whole === canonicalJson(rest);
      }),
    );
  });

  it('canonicalPieces() yields a separate piece for each element of a top-level array', () => {
    const pieces = [...canonicalPieces({ list: [{ b: 1, a: 2 }, 3], other: [] }, 'signature')];
    expect(pieces.filter(({ element }) => element !== null)).toEqual([
      { text: '{"a":2,"b":1}', element: { key: 'list', index: 0 }, opens: null },
      { text: '3', element: { key: 'list', index: 1 }, opens: null },
    ]);
  });

  it('canonicalPieces() yields an empty object if the only member is omitted', () => {
    expect([...canonicalPieces({ signature: 'x' }, 'signature')].map(({ text }) => text).join('')).toBe('{}');
  });
});
