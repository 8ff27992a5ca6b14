import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfContainer, endOfString, scanStructure, skipSpace } from '../../../src/shared/json/json-lexer.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text);

/** Counts the members and the depth of a parsed value. */
function measure(value: unknown): { readonly members: number; readonly depth: number } {
  if (typeof value !== 'object' || value === null) return { members: 0, depth: 0 };
  const below = Object.values(value).map(measure);
  return {
    members: below.reduce((sum, { members }) => sum + members, Array.isArray(value) ? 0 : below.length),
    depth: 1 + Math.max(0, ...below.map(({ depth }) => depth)),
  };
}

describe('JSON lexer', () => {
  it('the JSON lexer counts the members and the depth of any document, with any white space', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2, '\t'), (value, indent) => {
        const bytes = bytesOf(JSON.stringify(value, null, indent));
        const { members, depth } = measure(JSON.parse(bytes.toString()));
        expect(scanStructure(bytes, depth)).toEqual({ memberCount: members, tooDeepAt: -1 });
        if (depth > 0) expect(scanStructure(bytes, depth - 1).tooDeepAt).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('the JSON lexer reports the position of the byte that exceeds the depth limit', () => {
    expect(scanStructure(bytesOf('{"a[{":[[1]]}'), 2)).toEqual({ memberCount: 1, tooDeepAt: 8 });
  });

  it('the JSON lexer finds the end of any object or array within other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.object(), fc.array(fc.jsonValue())), fc.string(), (value, after) => {
        const text = JSON.stringify(value);
        expect(endOfContainer(bytesOf(text + after), 0)).toBe(bytesOf(text).length);
      }),
    );
  });

  it('the JSON lexer finds no end if an object is truncated, or if the value is a string or missing', () => {
    expect(endOfContainer(bytesOf('{"a":[1,2'), 0)).toBe(-1);
    expect(endOfContainer(bytesOf('{"a":"}'), 0)).toBe(-1);
    expect(endOfContainer(bytesOf('"{}"'), 0)).toBe(-1);
    expect(endOfContainer(bytesOf(''), 0)).toBe(-1);
  });

  it('the JSON lexer finds the end of a string after escaped quotes and backslashes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const bytes = bytesOf(JSON.stringify(value));
        expect(endOfString(bytes, 0)).toBe(bytes.length);
      }),
    );
    expect(endOfString(bytesOf('"a\\"'), 0)).toBe(-1);
    expect(endOfString(bytesOf('"a\\'), 0)).toBe(-1);
  });

  it('the JSON lexer skips only the four white space characters of JSON', () => {
    expect(skipSpace(bytesOf(' \t\r\n1'), 0)).toBe(4);
    expect(skipSpace(bytesOf('\f1'), 0)).toBe(0);
    expect(skipSpace(bytesOf('  '), 0)).toBe(2);
  });
});
