import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SortedTools } from '../../../src/main/tools/sorted-tools.ts';
import type { ToolInfo } from '../../../src/main/tools/tool-info.ts';

it('SortedTools returns the same order as a full sort after any additions and removals', () => {
  const step = fc.array(fc.tuple(fc.stringMatching(/^[a-c.Z]{1,3}$/), fc.boolean()), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
      const tools = new Map<string, ToolInfo>();
      const sorted = new SortedTools((name) => tools.get(name));
      for (const changes of steps) {
        for (const [name, isThere] of changes) {
          if (isThere) tools.set(name, { name } as ToolInfo);
          else tools.delete(name);
          sorted.touch(name);
        }
        const list = sorted.list();
        expect(list).toEqual([...tools.keys()].sort().map((name) => tools.get(name)));
        expect(sorted.list()).toBe(list);
      }
    }),
  );
});
