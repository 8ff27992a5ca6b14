import { expect, it } from 'vitest';
import { toolId } from '../../../src/shared/tools/tool-id.ts';

it('toolId() joins connector and tool with a dot', () => {
  expect(toolId('wiki.data', 'get')).toBe('wiki.data.get');
});
