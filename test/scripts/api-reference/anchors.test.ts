import { expect, it } from 'vitest';
import { Anchors } from '../../../scripts/api-reference/anchors.ts';

it.each([
  ['API reference', 'api-reference'],
  ['mcp-switchyard/gateway', 'mcp-switchyardgateway'],
  ['ERROR_CODES', 'error_codes'],
])('creates the same anchor as GitHub for the heading "%s"', (heading, anchor) => {
  expect(new Anchors().take(heading)).toBe(anchor);
});

it('numbers the anchors of headings that repeat, whatever their case', () => {
  const anchors = new Anchors();
  expect([anchors.take('View'), anchors.take('view'), anchors.take('View')]).toEqual(['view', 'view-1', 'view-2']);
});
