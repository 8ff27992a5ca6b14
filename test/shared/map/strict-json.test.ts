import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../../src/shared/map/strict-json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const isWellFormed = (text: string): boolean => text.isWellFormed();

describe('parseStrictJson', () => {
  it('parseStrictJson() rejects text that begins with a character beyond U+FFFF, and does not quote half of it', () => {
    const refusal = expect.objectContaining({ code: 'MAP_SYNTAX', message: expect.toSatisfy(isWellFormed) });
    expect(() => parseStrictJson(bytes('\u{1d173}'))).toThrow(refusal);
  });

  it('parseStrictJson() parses any JSON value like JSON.parse()', () => {
    const safe = fc.jsonValue().filter((value) => !/"(__proto__|constructor)":/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(safe, (value) => {
        const text = JSON.stringify(value);
        try {
          expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
        } catch (error) {
          // Of all JSON values, only those with lone surrogates or infinite numbers are rejected.
          expect(error).toMatchObject({ code: 'MAP_NOT_REPRESENTABLE' });
          expect(text.isWellFormed() && !/\\u[dD][89a-fA-F]/.test(text)).toBe(false);
        }
      }),
    );
  });

  it.each([
    ['MAP_BOM', '\ufeff{}'],
    ['MAP_SYNTAX', '<html>please log in</html>'],
    ['MAP_SYNTAX', ''],
    ['MAP_SYNTAX', '{"a":1,}'],
    ['MAP_SYNTAX', '{"a":NaN}'],
    ['MAP_TOO_DEEP', '['.repeat(200_000)],
    ['MAP_TOO_DEEP', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['MAP_DUPLICATE_KEY', '{"a":1,"a":1}'],
    ['MAP_DUPLICATE_KEY', '{"a":1,"b":{"x":[{"k":1,"\\u006b":2}]}}'],
    ['MAP_FORBIDDEN_KEY', '{"a":[{"__proto__":{}}]}'],
    ['MAP_FORBIDDEN_KEY', '{"constructor":1}'],
    ['MAP_NOT_REPRESENTABLE', '{"a":1e400}'],
    ['MAP_NOT_REPRESENTABLE', '["\\ud800"]'],
    ['MAP_NOT_REPRESENTABLE', '{"\\udfff":1}'],
  ])('parseStrictJson() rejects with %s the string %s', (code, text) => {
    expect(() => parseStrictJson(bytes(text))).toThrow(expect.objectContaining({ code }));
  });

  it.each(['{"a": hidden}', 'hidden', '{"long":"0123456789012345678901234567890123456789", x: hidden, "b": 1}'])(
    'parseStrictJson() quotes nothing from a string that it cannot parse: %s',
    (text) => {
      expect(() => parseStrictJson(bytes(text))).toThrow(/^The service map is not JSON: [^"]*$/);
    },
  );

  it('parseStrictJson() rejects bytes that are not UTF-8', () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      expect.objectContaining({ code: 'MAP_ENCODING' }),
    );
  });

  it('parseStrictJson() rejects a surrogate encoded as UTF-8', () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toThrow(
      expect.objectContaining({ code: 'MAP_ENCODING' }),
    );
  });

  it('parseStrictJson() allows 64 levels, colons in strings and escaped quotes', () => {
    expect(parseStrictJson(bytes(`${'['.repeat(64)}${']'.repeat(64)}`))).toBeInstanceOf(Array);
    expect(parseStrictJson(bytes('{"a:b\\"c:":"::\\\\"}'))).toEqual({ 'a:b"c:': '::\\' });
  });

  it('parseStrictJson() reads numbers as doubles and preserves −0', () => {
    expect(parseStrictJson(bytes('[9007199254740993,-0,1E5]'))).toEqual([9007199254740992, -0, 100000]);
  });

  it('parseStrictJson() does not change the prototype of objects', () => {
    expect(() => parseStrictJson(bytes('{"__proto__":{"polluted":true}}'))).toThrow();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
