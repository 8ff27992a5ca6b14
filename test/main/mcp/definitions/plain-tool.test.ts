import fc from 'fast-check';
import { expect, it } from 'vitest';
import { examine } from '../../../../src/main/mcp/definitions/examine.ts';
import { isPlainTool } from '../../../../src/main/mcp/definitions/plain-tool.ts';
import type { WireRevision } from '../../../../src/main/mcp/definitions/wire-revision.ts';
import { brokenMembers, goodMembers } from '../../../helpers/definition-arbitraries.ts';
import { goodDefinition } from '../../../helpers/malformed-definitions.ts';

/**
 * Returns the problem that the full check finds in a tool. An empty list of icons is valid, and forces the full check.
 */
const byTable = (tool: object, revision: WireRevision): string | null =>
  examine('tool', { ...tool, icons: [] }, revision).fault;

it('isPlainTool() never returns true for a tool in which examine() finds a problem', () => {
  const tools = fc.oneof(goodMembers('tool'), brokenMembers('tool')).map((members) => ({ ...members, name: 'x' }));
  fc.assert(
    fc.property(tools, (tool) => {
      if (isPlainTool(tool, true)) expect(byTable(tool, '2026-07-28')).toBeNull();
      if (isPlainTool(tool, false))
        for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25'] as const)
          expect(byTable(tool, revision)).toBeNull();
    }),
    { numRuns: 2_000 },
  );
});

it('isPlainTool() returns true for a common tool', () => {
  const { icons: _icons, ...tool } = goodDefinition('tool', 'x');
  expect([isPlainTool(tool, false), isPlainTool({ ...tool, outputSchema: {} }, true)]).toEqual([true, true]);
});
