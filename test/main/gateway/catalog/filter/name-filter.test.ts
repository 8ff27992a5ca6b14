import { describe, expect, it } from 'vitest';
import { createNameFilter } from '../../../../../src/main/gateway/catalog/filter/name-filter.ts';

describe('createNameFilter', () => {
  it.each([
    [[], 'a__b', true],
    [['a__*'], 'a__b', true],
    [['a__*'], 'b__a', false],
    [['!a__delete_*'], 'a__delete_x', false],
    [['!a__delete_*'], 'a__read', true],
    [['!a__b', 'a__*'], 'a__b', false],
    [['{a,b}__x'], 'b__x', true],
    [['a__*'], 'a__b/c', true],
    [['*'], '.hidden', true],
  ] as const)(
    'a name filter with the patterns %j decides whether it accepts the name %s: %s',
    (patterns, name, isAllowed) => {
      expect(createNameFilter(patterns)(name)).toBe(isAllowed);
    },
  );
});
