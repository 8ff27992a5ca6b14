import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { openSession, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

/** Answers of a connector with these resources and templates. A read returns the requested URI. */
function holding(uris: readonly string[], templates: readonly string[]): Readonly<Record<string, Answer>> {
  const capabilities = { resources: { subscribe: true }, completions: {}, tools: {} };
  return {
    initialize: ({ result }) =>
      result({ protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'raw', version: '1' } }),
    'resources/list': ({ result }) => result({ resources: uris.map((uri) => ({ uri, name: uri })) }),
    'resources/templates/list': ({ result }) =>
      result({ resourceTemplates: templates.map((uriTemplate) => ({ uriTemplate, name: uriTemplate })) }),
    'resources/read': ({ result, message }) => result({ contents: [{ uri: message.params?.uri, text: 'x' }] }),
    'resources/subscribe': ({ result }) => result({}),
    'completion/complete': ({ result, message }) => result({ completion: { values: [] }, seen: message.params }),
  };
}

describe('a URI without a prefix, as a tool prints it', () => {
  it('a resource URI without a prefix is read from the only connector that lists it or has a matching template', async () => {
    await using a = await RawMcpServer.start(holding(['demo://one', 'git+https://x/y'], ['note://{id}', 'same://{x}']));
    await using b = await RawMcpServer.start(
      holding(['demo://two', 'note://7/raw'], ['note://{id}/{part}', 'same://{y}']),
    );
    await using world = await startGateway({ a: remote(a), b: remote(b) });
    const url = `${world.listener.url}/mcp`;
    await eventually('all is listed', async () => {
      const lists = await Promise.all(
        ['resources/list', 'resources/templates/list'].map((method) => postLegacy(url, method)),
      );
      return JSON.stringify(lists).includes('b+demo') && JSON.stringify(lists).includes('b+same');
    });
    const session = await openSession(url);
    for (const [uri, owner] of [
      ['demo://one', a],
      ['demo://two', b],
      ['note://7', a],
      ['note://7/raw', b],
      ['note://7/other', b],
      ['git+https://x/y', a],
      ['a+note://8', a],
    ] as const) {
      const before = owner.of('resources/read').length;
      for (const { result } of [
        await postLegacy(url, 'resources/read', { uri }),
        await postModern(url, 'resources/read', { uri }),
      ])
        expect(result.contents).toEqual([{ uri, text: 'x' }]);
      expect(owner.of('resources/read')).toHaveLength(before + 2);
      expect((await session.call('resources/subscribe', { uri })).result).toEqual({});
    }
    for (const [ref, owner, own] of [
      ['note://{id}', a, 'note://{id}'],
      ['a+note://{id}', a, 'note://{id}'],
      ['b+same://{y}', b, 'same://{y}'],
      ['note://9/x', b, 'note://9/x'],
      ['demo://one', a, 'demo://one'],
    ] as const) {
      const params = { ref: { type: 'ref/resource', uri: ref }, argument: { name: 'id', value: '' } };
      expect((await postModern(url, 'completion/complete', params)).result.seen).toMatchObject({ ref: { uri: own } });
      expect(owner.of('completion/complete').length).toBeGreaterThan(0);
    }
    const candidates = ['a+same://7', 'b+same://7'];
    for (const post of [postLegacy, postModern]) {
      const { error } = await post(url, 'resources/read', { uri: 'same://7' });
      expect(error).toMatchObject({ code: -32_602, data: { uri: 'same://7', candidates } });
    }
    expect((await session.call('resources/subscribe', { uri: 'same://7' })).error).toMatchObject({ code: -32_602 });
    const ref = { type: 'ref/resource', uri: 'same://7' };
    const argument = { name: 'x', value: '' };
    expect((await postLegacy(url, 'completion/complete', { ref, argument })).error.data).toMatchObject({ candidates });
    expect((await postLegacy(url, 'resources/read', { uri: 'nobody+x://7' })).error.code).toBe(-32_002);
  });

  it('a resource URI without a prefix is not found on a route that does not show the matching template', async () => {
    await using a = await RawMcpServer.start(holding(['demo://one'], ['note://{id}']));
    const routes = { notes: ['a__note*'], ones: ['a__demo*'] };
    await using world = await startGateway({ a: remote(a) }, { gateway: { routes } });
    const read = (route: string, uri: string) =>
      postLegacy(`${world.listener.url}/r/${route}/mcp`, 'resources/read', { uri });
    await eventually('templates are listed', async () => (await read('notes', 'note://7')).result !== undefined);
    await eventually('resources are listed', async () => (await read('ones', 'demo://one')).result !== undefined);
    for (const uri of ['note://7', 'a+note://7']) {
      expect((await read('notes', uri)).result.contents).toMatchObject([{ uri }]);
      expect((await read('ones', uri)).error.code).toBe(-32_002);
    }
    for (const uri of ['demo://one', 'a+demo://one']) expect((await read('notes', uri)).error.code).toBe(-32_002);
  });
});
