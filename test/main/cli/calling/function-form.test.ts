import { describe, expect, it } from 'vitest';
import { isFunctionForm, readFunctionForm } from '../../../../src/main/cli/calling/function-form.ts';

describe('readFunctionForm', () => {
  it.each<[string, object]>([
    ['s.t()', { target: 's.t', named: [], unnamed: [] }],
    [
      's.t(key: "v", n: 3)',
      {
        target: 's.t',
        named: [
          { key: 'key', value: 'v' },
          { key: 'n', text: '3' },
        ],
        unnamed: [],
      },
    ],
    [
      "t(a: 'it\\'s', b: `x`,);",
      {
        named: [
          { key: 'a', value: "it's" },
          { key: 'b', value: 'x' },
        ],
      },
    ],
    [
      't({ a: 1, "b c": [true, null, -1.5e2,] })',
      {
        named: [
          { key: 'a', value: 1 },
          { key: 'b c', value: [true, null, -150] },
        ],
      },
    ],
    [
      't("x", 007)',
      {
        named: [],
        unnamed: [
          { key: '0', value: 'x' },
          { key: '1', text: '007' },
        ],
      },
    ],
    [
      't(a = 0x10, b: 1_000)',
      {
        named: [
          { key: 'a', text: '16' },
          { key: 'b', text: '1000' },
        ],
      },
    ],
    ['t(a: "\\u0041\\n\\u{1f600}\\x42)(")', { named: [{ key: 'a', value: 'A\n😀B)(' }] }],
    ['t(a: { b: { c: [1] } })', { named: [{ key: 'a', value: { b: { c: [1] } } }] }],
    ['t(/* which */ a: 1)', { named: [{ key: 'a', text: '1' }] }],
  ])('readFunctionForm() parses the call %s', (word, expected) => {
    expect(isFunctionForm(word)).toBe(true);
    expect(readFunctionForm(word)).toMatchObject(expected);
  });

  it.each([
    ['t(a: Bern)', /column 6: Bern must be in quotes/],
    ['t(a: "x)', /at column 9/],
    ['t(a: 1 b: 2)', /a comma or \) is missing/],
    ['t(a: )', /a value is missing/],
    [`t(a: ${'['.repeat(100)}${']'.repeat(100)})`, /nested too deeply/],
  ])('readFunctionForm() reports what is wrong with the call %s', (word, message) => {
    expect(() => readFunctionForm(word)).toThrow(message);
  });

  it.each(['one.echo', 'text=f(x)', '{"a":"(b)"}', 'https://x.example/a(b)', '-'])(
    'readFunctionForm() does not parse %j as a call',
    (word) => {
      expect(isFunctionForm(word)).toBe(false);
    },
  );
});
