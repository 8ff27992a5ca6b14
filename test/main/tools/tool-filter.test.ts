import { describe, expect, it } from 'vitest';
import { markLocal } from '../../../src/main/connectors/connection/local-entry.ts';
import { shownTools } from '../../../src/main/tools/tool-filter.ts';
import type { ConnectorEntry } from '../../../src/shared/map/service-map.ts';

const TOOLS = ['read', 'write', 'drop'].map((name) => ({ name }));

const entryWith = (tools: unknown): ConnectorEntry => ({
  ...{ id: 'x', version: '0', name: 'x', status: 'enabled', ttl: 0, scopes: [], endpoint: 'stdio:x' },
  tools,
});

describe('shownTools', () => {
  it.each([
    [undefined, ['read', 'write', 'drop']],
    [{ allow: ['*'] }, ['read', 'write', 'drop']],
    [{ allow: ['read', 'none'] }, ['read']],
    [{ allow: [] }, []],
    [{ deny: ['drop'] }, ['read', 'write']],
    [{ deny: ['*'] }, []],
    [{ allow: ['read', 'drop'], deny: ['drop'] }, ['read']],
  ])('shownTools() with the lists %j returns %j', (tools, names) => {
    const entry = entryWith(tools);
    markLocal(entry, null, 'the configuration file');
    expect(shownTools(entry, TOOLS).map(({ name }) => name)).toEqual(names);
  });

  it('shownTools() ignores the tool lists of a map entry', () => {
    expect(shownTools(entryWith({ allow: [] }), TOOLS)).toBe(TOOLS);
  });
});
