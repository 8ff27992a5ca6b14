import { expect, it } from 'vitest';
import type { DefinitionKind } from '../../../../src/main/mcp/definitions/definition.ts';
import { dropped, readListItem } from '../../../../src/main/mcp/definitions/list-item.ts';

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

it.each(['get', 'a b', 'a:b', 'grüße', '天気', '🚀', '\u202eabc', ' ', 'x'.repeat(1_024)])(
  'readListItem() reads a tool called %j',
  (name) => {
    expect(readListItem('tool', { name })).toMatchObject({ kind: 'definition', name });
  },
);

it.each<[DefinitionKind, unknown, string]>([
  ['tool', null, 'not-an-object'],
  ['tool', 'get', 'not-an-object'],
  ['tool', [{ name: 'get' }], 'not-an-object'],
  ['tool', {}, 'name'],
  ['tool', { name: '' }, 'name'],
  ['tool', { name: 7 }, 'name'],
  ['tool', { name: 'a\nb' }, 'name'],
  ['tool', { name: '\ud800' }, 'name'],
  ['prompt', { name: 'x'.repeat(1_025) }, 'name'],
  ['resource', { name: 'a name is no URI' }, 'name'],
  ['template', { uriTemplate: `x:${'y'.repeat(8_192)}` }, 'name'],
  ['tool', { name: 'get', inputSchema: nested(64) }, 'too-deep'],
])('readListItem() drops the invalid %s %j with the reason %s', (kind, item, reason) => {
  expect(readListItem(kind, item)).toMatchObject({ kind: 'dropped', reason });
});

it('readListItem() reads a definition that nests 64 levels deep', () => {
  expect(readListItem('tool', { name: 'get', inputSchema: nested(63) }).kind).toBe('definition');
});

it('readListItem() shortens the shown name of a dropped item only between whole characters', () => {
  expect(dropped('tool', `${'x'.repeat(127)}🚀`, 'name').name).toBe(`${'x'.repeat(127)}\ufffd`);
  expect(dropped('tool', null, 'name').name).toBe('(no name)');
});

it('readListItem() shows the name of a dropped item without terminal control characters', () => {
  expect(readListItem('tool', { name: '\u001b[2Jget\u009b1m' })).toMatchObject({ name: '\ufffd[2Jget\ufffd1m' });
});
