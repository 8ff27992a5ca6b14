import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPinnable, readCatalogued } from '../../../../../src/main/state-dir/fleet/tools/read-catalogued.ts';
import { recordOf, tool } from '../../../../helpers/fleet/tool-memory-under-test.ts';

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const good = recordOf('mail', tool('send', 'sends'), tool('read', 'reads'));

describe('readCatalogued', () => {
  it('readCatalogued() reads a tool list that another host of the fleet stored', () => {
    expect(readCatalogued('mail', bytesOf(good))).toEqual(good);
    const toolDigests = { send: 'sha-256:x' };
    expect(readCatalogued('mail', bytesOf({ ...good, toolDigests }))).toMatchObject({ toolDigests });
  });

  it('readCatalogued() rejects the tool list of another connector', () => {
    expect(readCatalogued('post', bytesOf(good))).toBeNull();
  });

  it('readCatalogued() drops duplicate names, and tools that no connector could list', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 70; level += 1) deep = { deep };
    const definitions: unknown[] = [null, 'send', { name: '' }, { name: 'a\u0000b' }, { name: 'deep', deep }];
    const tools = [
      ...good.tools,
      ...good.tools,
      ...definitions.map((definition) => ({ definition, tags: [], author: null })),
    ];
    expect(readCatalogued('mail', bytesOf({ ...good, tools }))?.tools).toEqual(good.tools);
    expect(readCatalogued('mail', bytesOf({ ...good, tools: [null, 1, { tags: [1] }] }))?.tools).toEqual([]);
  });

  it('readCatalogued() rejects every input that is not a stored tool list', () => {
    const parts = Object.keys(good).filter((name) => name !== 'toolDigests' && name !== 'tools');
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.constantFrom([], {}, true, 'x'.repeat(9_000)), (part, value) => {
        expect(readCatalogued('mail', bytesOf({ ...good, [part]: value }))).toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readCatalogued('mail', bytes)).toBeNull();
      }),
    );
  });

  it('isPinnable() accepts a tool definition only under its own name', () => {
    expect(isPinnable({ name: 'send' }, 'send')).toBe(true);
    expect(isPinnable({ name: 'send' }, 'read')).toBe(false);
    expect(isPinnable('send', 'send')).toBe(false);
  });
});
