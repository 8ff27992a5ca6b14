import { expect, it } from 'vitest';
import { Anchors } from '../../../scripts/api-reference/anchors.ts';

it.each([
  ['API reference', 'api-reference'],
  ['mcp-switchyard/gateway', 'mcp-switchyardgateway'],
  ['ERROR_CODES', 'error_codes'],
])('the API reference gives the heading "%s" the same anchor as GitHub', (heading, anchor) => {
  expect(new Anchors().take(heading)).toBe(anchor);
});

it('headings that differ at most in case get numbered anchors', () => {
  const anchors = new Anchors();
  expect([anchors.take('View'), anchors.take('view'), anchors.take('View')]).toEqual(['view', 'view-1', 'view-2']);
});
