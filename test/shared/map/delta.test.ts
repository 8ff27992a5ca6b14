import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DigestTable,
  diffDigests,
  digestEntry,
  digestTableOf,
  EMPTY_DIGESTS,
  idsOf,
} from '../../../src/shared/map/delta.ts';

type Model = readonly (readonly [id: string, content: string])[];

const table = (model: Model): DigestTable =>
  digestTableOf(
    model.map(([id]) => id),
    Buffer.concat(model.map(([, content]) => digestEntry(content))),
  );

const model: fc.Arbitrary<Model> = fc
  .dictionary(fc.stringMatching(/^[a-z0-9]{1,3}$/), fc.constantFrom('1', '2', '3'), { maxKeys: 30 })
  .map((it) => Object.entries(it));

describe('diffDigests', () => {
  it('diffDigests() returns the changes that turn the old map into the new map', () => {
    fc.assert(
      fc.property(model, model, (before, after) => {
        const { added, changed, removed, unchangedCount } = diffDigests(table(before), table(after));
        const next = new Map(after);
        const patched = new Map(before);
        for (const id of removed) patched.delete(id);
        for (const id of [...added, ...changed]) patched.set(id, next.get(id) ?? 'missing');
        expect(Object.fromEntries(patched)).toEqual(Object.fromEntries(next));
        expect(added.length + changed.length + unchangedCount).toBe(after.length);
      }),
    );
  });

  it('diffDigests() returns no changes for two maps with the same entries in any order', () => {
    fc.assert(
      fc.property(model, (it) => {
        const { added, changed, removed, unchangedCount } = diffDigests(table(it), table([...it].reverse()));
        expect([added, changed, removed, unchangedCount]).toEqual([[], [], [], it.length]);
      }),
    );
  });

  it('diffDigests() returns the ids in the order of the new map', () => {
    const delta = diffDigests(
      EMPTY_DIGESTS,
      table([
        ['z', '1'],
        ['a', '1'],
        ['m', '1'],
      ]),
    );
    expect(delta.added).toEqual(['z', 'a', 'm']);
  });
});

describe('idsOf', () => {
  it('idsOf() returns the ids in the order of the entries', () => {
    expect(
      idsOf(
        table([
          ['b', '1'],
          ['a', '2'],
        ]),
      ),
    ).toEqual(['b', 'a']);
    expect(idsOf(EMPTY_DIGESTS)).toEqual([]);
  });
});
