import { describe, expect, it } from 'vitest';
import { SentEntries } from '../../../src/main/service-map/sent-entries.ts';
import { pack } from '../../../src/shared/codec.ts';
import type { RawEntry } from '../../../src/shared/map/service-map.ts';
import { entry } from '../../helpers/signed-map.ts';

function sent(ids: readonly string[], disabled: readonly string[] = []): SentEntries {
  const entries = new SentEntries();
  const packed = pack(ids.map((id) => entry(id) as RawEntry));
  entries.add({ kind: 'chunk', ids: [...ids], enabled: ids.map((id) => !disabled.includes(id)), unusable: [], packed });
  return entries;
}

describe('SentEntries', () => {
  it('SentEntries returns for each id of a chunk the unchanged entry, and whether the entry is enabled', () => {
    const { refs } = sent(['a', 'b'], ['b']);
    expect([...refs.keys()]).toEqual(['a', 'b']);
    expect([...refs.values()].map(({ isEnabled, source }) => [isEnabled, source.id])).toEqual([
      [true, 'a'],
      [false, 'b'],
    ]);
  });

  it('SentEntries normalizes an entry only once, unless the TTL of its map changes', () => {
    const ref = sent(['a']).refs.get('a');
    const first = ref?.normalized(300);
    expect(first).toMatchObject({ id: 'a', status: 'enabled' });
    expect(ref?.normalized(300)).toBe(first);
    expect(ref?.normalized(600)).not.toBe(first);
  });

  it('SentEntries no longer holds the entries that take() has returned', () => {
    const entries = sent(['a']);
    expect([entries.take().size, entries.refs.size]).toEqual([1, 0]);
  });

  it.each([
    ['their chunk was not unpacked before', 1],
    ['only one of five entries of their chunk is left', 4],
  ])('SentEntries releases the memory of dropped entries, and of no other entries, if %s', (_when, count) => {
    const refs = [...sent(['a', 'b', 'c', 'd', 'e']).refs.values()];
    for (const ref of refs.slice(0, count)) ref.drop();
    expect(refs.at(-1)?.source.id).toBe('e');
    for (const ref of refs.slice(0, count)) expect(() => ref.source).toThrow(RangeError);
  });

  it('SentEntries releases the memory of an entry that was dropped after its chunk was unpacked', () => {
    const [a, b] = [...sent(['a', 'b']).refs.values()];
    expect(a?.source.id).toBe('a');
    a?.drop();
    expect(() => a?.source).toThrow(RangeError);
    expect(b?.source.id).toBe('b');
  });
});
