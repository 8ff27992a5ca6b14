import { expect, it } from 'vitest';
import { isToolName, toolId } from '../../../src/shared/tools/tool-id.ts';

it('joins connector and tool with a dot', () => {
  expect(toolId('wiki.data', 'get')).toBe('wiki.data.get');
});

it.each(['get', 'a/b', 'A-b_c.d9', 'x'.repeat(128)])('accepts %s', (name) => expect(isToolName(name)).toBe(true));

it.each(['', 'x'.repeat(129), 'a b', 'a\nb', 'é', '\u202e', null, 7])('refuses %j', (name) =>
  expect(isToolName(name)).toBe(false),
);
