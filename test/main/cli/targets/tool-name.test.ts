import { describe, expect, it } from 'vitest';
import { toolNamesOf } from '../../../../src/main/cli/targets/tool-name.ts';

const first = (name: string, ids: readonly string[]) => toolNamesOf(name, ids)[0] ?? null;

describe('toolNamesOf', () => {
  it.each<[string, readonly string[], string | null, string | null]>([
    ['a.b', ['a'], 'a', 'b'],
    ['a.b.c', ['a', 'a.b'], 'a.b', 'c'],
    ['a__b', ['a'], 'a', 'b'],
    ['a___b', ['a'], 'a', '_b'],
    ['a--b', ['a'], 'a', 'b'],
    ['a/b', ['a'], 'a', 'b'],
    ['a_x__b', ['a', 'a.x'], 'a.x', 'b'],
    ['a_x__b', ['a', 'a_x'], 'a_x', 'b'],
    ['a.x__b', ['a', 'a.x'], 'a', 'x__b'],
    ['ab', ['a'], null, null],
    ['a.', ['a'], null, null],
  ])(
    'toolNamesOf() splits the name %s, if the connectors are %j, into the connector %s and the tool %s',
    (name, ids, connectorId, tool) => {
      expect(first(name, ids)?.connectorId ?? null).toBe(connectorId);
      expect(first(name, ids)?.tool ?? null).toBe(tool);
    },
  );
});
