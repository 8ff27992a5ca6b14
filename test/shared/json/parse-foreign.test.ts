import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonFault } from '../../../src/shared/json/json-limits.ts';
import { checkForeignJson, parseForeignJson } from '../../../src/shared/json/parse-foreign.ts';

const list = (count: number, item: (index: number) => string): string =>
  `[${Array.from({ length: count }, (_, index) => item(index)).join(',')}]`;

describe('parseForeignJson', () => {
  it('parseForeignJson() parses valid JSON like JSON.parse()', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseForeignJson(text)).toEqual(JSON.parse(text));
      }),
    );
    expect(() => parseForeignJson('{"a"')).toThrow(SyntaxError);
  });

  it.each([
    ['129 brackets', '['.repeat(129)],
    ['30 million brackets', '['.repeat(30_000_000)],
    ['nested objects', '{"a":'.repeat(200_000)],
    ['deeply nested JSON after a long string', `{"a":"${'x'.repeat(300_000)}","b":${'['.repeat(129)}`],
    ['deeply nested JSON after escaped quotes', `["${'\\"[{'.repeat(100)}",${'['.repeat(128)}`],
  ])('parseForeignJson() rejects %s before parsing', (_, text) => {
    expect(() => parseForeignJson(text)).toThrow(new JsonFault('nests deeper than 128 levels'));
  });

  it('parseForeignJson() allows 128 levels, and any number of brackets in a string', () => {
    const text = JSON.stringify({ a: '[{'.repeat(100_000), b: JSON.parse(`${'['.repeat(127)}${']'.repeat(127)}`) });
    expect(parseForeignJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['10 million empty objects', `[${'{},'.repeat(10_000_000)}0]`, 'holds more than 400 000 objects and arrays'],
    ['nested empty arrays', `[${'[[],[]],'.repeat(1_000_000)}0]`, 'holds more than 400 000 objects and arrays'],
    ['4 million numbers', `[${'1,'.repeat(4_000_000)}0]`, 'holds more than 1 000 000 values'],
    ['a million members', `{"a":${list(1, () => '0')},${list(1_000_001, (i) => `"k${i}":1`).slice(1, -1)}}`, 'values'],
    ['300 000 members', `{${list(300_000, (i) => `"k${i}":1`).slice(1, -1)}}`, 'different names'],
    ['200 000 objects of different shapes', list(200_000, (i) => `{"k${i.toString(36)}":1}`), 'different names'],
    ['800 000 different short strings', list(800_000, (i) => `"${i.toString(36)}"`), 'different names'],
  ])('parseForeignJson() rejects %s, which would block the event loop', (_, text, why) => {
    expect(() => checkForeignJson(text)).toThrow(why);
  });

  it.each([
    ['table rows', list(90_000, (i) => `{"id":${i},"name":"row ${i}","price":${i / 4},"tags":["a","b"],"ok":true}`)],
    [
      'tools',
      list(20_000, (i) => `{"name":"tool_${i}","description":"Does it ${i} times","inputSchema":{"type":"object"}}`),
    ],
    ['a list of numbers', list(900_000, (i) => String(i))],
    ['a large vocabulary', list(300_000, (i) => `"w${i % 5_000}"`)],
    ['a long string', JSON.stringify({ text: 'lorem "ipsum", dolor [sit] {amet},\n'.repeat(500_000) })],
  ])('parseForeignJson() accepts %s of several megabytes', (_, text) => {
    expect(() => checkForeignJson(text)).not.toThrow();
  });

  it('parseForeignJson() checks truncated strings in linear time', () => {
    const text = `[${list(300_000, () => '"\\"\\"\\""').slice(1, -1)},"${'\\"'.repeat(4_000_000)}`;
    const startedMs = performance.now();
    expect(() => checkForeignJson(text)).not.toThrow();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
