import { describe, expect, it } from 'vitest';
import { publicToolName, toolTags } from '../../../src/main/tools/tool-names.ts';
import { normalized } from '../../helpers/connector-under-test.ts';

describe('tool names and tags', () => {
  it('publicToolName() returns the established names of two tools of the connector wikidata', () => {
    expect(publicToolName('wikidata', 'get_entity_claims')).toBe('get_claims');
    expect(publicToolName('wikidata', 'execute_sparql')).toBe('sparql');
    expect(publicToolName('other', 'execute_sparql')).toBe('execute_sparql');
  });

  it("toolTags() returns a tool's own tags first, and then its scopes, its connector and the brand", () => {
    const described = normalized({ scopes: ['s1', 's2'], remoteTools: [{ name: 'get', tags: ['t1'] }] });
    expect(toolTags(described, 'get', 'b')).toEqual([
      't1',
      'scope:s1',
      'scope:s2',
      'connector:one',
      'connectorName:Connector one',
      'brand:b',
    ]);
    expect(toolTags(described, 'other', 'b')[0]).toBe('scope:s1');
  });

  it("toolTags() includes a tool's own scopes, also from the metadata of the entry, and ignores invalid values", () => {
    const tools = [null, 7, { name: 'bad', tags: 'x' }, { name: 'get', scopes: ['own'] }];
    const described = normalized({ metadata: { tools } });
    expect(toolTags(described, 'get', 'b')[0]).toBe('scope:own');
    expect(toolTags(described, 'bad', 'b')[0]).toBe('scope:read');
  });
});
