import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../../../../src/main/gateway/catalog/filter/glob.ts';

describe('compileGlob()', () => {
  it.each([
    ['a__b', 'a__b', true],
    ['a__b', 'a__bc', false],
    ['a__*', 'a__', true],
    ['*', '', true],
    ['?', '', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', true],
    ['?', '\u{1f600}', true],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[]]x', ']x', true],
    ['[a-]', '-', true],
    ['[ab', '[ab', true],
    ['{a,b}__x', 'b__x', true],
    ['{a,b{c,d}}', 'bd', true],
    ['{a,}b', 'b', true],
    ['{a}', '{a}', true],
    ['{a,b', '{a,b', true],
    ['a}', 'a}', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['\\{a,b}', '{a,b}', true],
    ['a\\', 'a\\', true],
    ['a.b+(c)', 'a.b+(c)', true],
    ['a.b', 'axb', false],
  ])('compileGlob() decides whether the pattern %j matches the name %j: %s', (pattern, name, isMatch) => {
    expect(compileGlob(pattern)(name)).toBe(isMatch);
  });

  it('globs with stars, sets and braces match the same names as in picomatch', () => {
    const part = fc.constantFrom('a', 'b', '_', '*', '[ab]', '[^a]', '{a,b}', '{a_,*b,_}', 'ab');
    const glob = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const name = fc
      .array(fc.constantFrom('a', 'b', '_', 'c'), { minLength: 1, maxLength: 8 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(glob, name, (pattern, text) => {
        const other = picomatch(pattern, { bash: true, dot: true, nonegate: true });
        return compileGlob(pattern)(text) === other(text);
      }),
    );
  });

  it.each([
    ['*a*a*a*a*a*a*a*a*b', 'a'.repeat(100_000)],
    [`${'*a'.repeat(500)}*b`, 'a'.repeat(10_000)],
    [`${'?*'.repeat(500)}b`, 'a'.repeat(10_000)],
    [`${'[a]*'.repeat(250)}b`, 'a'.repeat(10_000)],
    ['{*a,*aa,*aaa,*aaaa}{*a,*aa,*aaa,*aaaa}{*a,*aa,*aaa,*aaaa}{*b,*c}', 'a'.repeat(10_000)],
  ])('a long name is compared with a complicated glob in linear time (case %#)', (pattern, name) => {
    const isMatch = compileGlob(pattern.slice(0, 1_024));
    const startedMs = performance.now();
    expect(isMatch(name)).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it.each([
    ['a pattern longer than 1 024 characters', '*'.repeat(1_025)],
    ['a pattern with more than 256 alternatives', '{a,b}'.repeat(9)],
    ['a pattern with 300 commas in its braces', `{${','.repeat(300)}}`],
    ['a pattern with deeply nested braces', '{a,'.repeat(300) + '}'.repeat(300)],
  ])('compileGlob() rejects %s', (_, pattern) => {
    expect(() => compileGlob(pattern)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });

  it('compileGlob() treats unbalanced braces as ordinary characters, however many there are', () => {
    expect(compileGlob('{'.repeat(1_000))('{'.repeat(1_000))).toBe(true);
  });
});
