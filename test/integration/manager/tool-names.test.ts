import { describe, expect, it } from 'vitest';
import { manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';

const proxyOf = (names: readonly string[]) => () => ({
  connect: () => Promise.resolve(),
  getTools: () => names.map((name) => ({ name, inputSchema: {} })),
  callTool: (name: string) => Promise.resolve({ content: [{ type: 'text', text: name }] }),
});

describe('the names under which a manager lists tools', () => {
  it.each([
    ['constructor', ['keys', 'name'], ['constructor.keys', 'constructor.name']],
    ['wikidata', ['toString', 'valueOf'], ['wikidata.toString', 'wikidata.valueOf']],
  ])(
    'tools of connector "%s" keep their names, even names that are members of every JavaScript object',
    async (id, tools, expected) => {
      await using managed = await manage([entry(id)], { createProxy: proxyOf(tools) });
      await managed.manager.sync();
      expect(managed.manager.listTools().map(({ name }) => name)).toEqual(expected);
    },
  );

  it.each([[['get_entity_claims', 'get_claims']], [['get_claims', 'get_entity_claims']]])(
    'listTools() prefers a real tool to an alias of the same name, in whichever order they are listed (%j)',
    async (tools) => {
      await using managed = await manage([entry('wikidata')], { createProxy: proxyOf(tools) });
      await managed.manager.sync();
      expect(managed.manager.listTools().map(({ name }) => name)).toEqual(['wikidata.get_claims']);
      await expect(managed.manager.callTool('wikidata.get_claims')).resolves.toEqual({
        content: [{ type: 'text', text: 'get_claims' }],
      });
      expect(managed.lines.some(({ fields }) => fields.event === 'tool-collision')).toBe(true);
    },
  );
});
