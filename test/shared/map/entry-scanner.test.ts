import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfObject, findEntries, isText } from '../../../src/shared/map/entry-scanner.ts';

/** Returns the text of each entry that the scanner finds, or null if it finds no list of objects. */
function entriesOf(text: string): string[] | null {
  const bytes = Buffer.from(text);
  const found = findEntries(bytes);
  if (found === null) return null;
  expect(bytes.toString('utf8', found.listStart - 1, found.listStart)).toBe('[');
  expect(bytes.toString('utf8', found.listEnd, found.listEnd + 1)).toBe(']');
  return [...found.starts].map((start, index) => bytes.toString('utf8', start, found.ends[index]));
}

describe('map entry scanner', () => {
  it('the entry scanner finds every entry of any map, with any white space', () => {
    fc.assert(
      fc.property(fc.array(fc.object()), fc.jsonValue(), fc.constantFrom(0, 2), (connectors, metadata, indent) => {
        const map = { metadata: { connectors: metadata }, id: '"connectors":[', connectors, signature: 'x' };
        const entries = entriesOf(JSON.stringify(map, null, indent));
        expect(entries?.map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(connectors)));
      }),
    );
  });

  it.each([
    ['there is no list', '{"id":"x"}'],
    ['the list is within another member', '{"metadata":{"connectors":[{}]}}'],
    ['the member is not a list', '{"connectors":{}}'],
    ['an entry is not an object', '{"connectors":[{},[]]}'],
    ['two entries have no comma between them', '{"connectors":[{} {}]}'],
    ['the list is truncated', '{"connectors":[{},'],
  ])('the entry scanner finds nothing if %s', (_, text) => {
    expect(entriesOf(text)).toBeNull();
  });

  it('the entry scanner uses the ends of entries that its caller provides', () => {
    const bytes = Buffer.from('{"connectors":[{"a":1},{"b":2}]}');
    const asked: number[] = [];
    const found = findEntries(bytes, (start) => {
      asked.push(start);
      return start === 15 ? 22 : -1;
    });
    expect(asked).toEqual([15, 23]);
    expect([...(found?.ends ?? [])]).toEqual([22, 30]);
  });

  it('the entry scanner finds the end of a single object', () => {
    expect(endOfObject(Buffer.from('{"a":[{}]} '), 0)).toBe(10);
    expect(endOfObject(Buffer.from('[{}]'), 0)).toBe(-1);
  });

  it('the entry scanner can compare bytes with the UTF-8 form of a string', () => {
    const bytes = Buffer.from('"é"');
    expect(isText(bytes, 0, 4, '"é"')).toBe(true);
    expect(isText(bytes, 0, 3, '"é"')).toBe(false);
  });
});
