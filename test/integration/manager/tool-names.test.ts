/** What a review found and nothing else tests: each was wrong once. */
import { describe, expect, it } from 'vitest';
import { getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import { answer, FaultyServer } from '../../helpers/faulty-server.ts';
import { manage } from '../../helpers/manager.ts';
import { counterOf, mapNow, mapUnderTest, off } from '../../helpers/map-under-test.ts';
import { entry } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const proxyOf = (names: readonly string[]) => () => ({
  connect: () => Promise.resolve(),
  getTools: () => names.map((name) => ({ name, inputSchema: {} })),
  callTool: (name: string) => Promise.resolve({ content: [{ type: 'text', text: name }] }),
});

describe('tool names', () => {
  it.each([
    ['constructor', ['keys', 'name'], ['constructor.keys', 'constructor.name']],
    ['wikidata', ['toString', 'valueOf'], ['wikidata.toString', 'wikidata.valueOf']],
  ])('of %s never come from a prototype', async (id, tools, expected) => {
    await using managed = await manage([entry(id)], { createProxy: proxyOf(tools) });
    await managed.manager.sync();
    expect(managed.manager.listTools().map(({ name }) => name)).toEqual(expected);
  });

  it.each([[['get_entity_claims', 'get_claims']], [['get_claims', 'get_entity_claims']]])(
    'an alias gives way to a tool that is really called so (%j)',
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

it('tags follow the brand of the map', async () => {
  const at = (seconds: number, brand: string): Uint8Array<ArrayBuffer> =>
    mapNow([entry('one')], { brand, generatedAt: new Date(Date.now() + seconds * 1_000).toISOString() });
  await using server = await FaultyServer.start(answer(at(0, 'old')));
  await using held = mapUnderTest(server.url, { createProxy: proxyOf(['x']) });
  await held.manager.sync();
  server.behave(answer(at(1, 'new')));
  await held.manager.sync(true);
  expect(held.manager.listTools()[0]?.tags).toContain('brand:new');
});

it('a restart does not make a mass removal of one that nobody has confirmed', async () => {
  using dir = new TempDir();
  const many = ['a', 'b', 'c', 'd', 'e'].map((id) => off(id));
  await using server = await FaultyServer.start(answer(mapNow(many)));
  {
    await using first = mapUnderTest(server.url, { stateDir: dir.path });
    await first.manager.sync();
    server.behave(answer(mapNow([off('a')])));
    await first.manager.sync(true);
    expect(first.manager.status().serviceMap.heldRemovals).toHaveLength(4);
  }
  server.behave(answer('', 'HTTP/1.1 503 X\r\n'));
  await using second = mapUnderTest(server.url, { stateDir: dir.path });
  await second.manager.sync();
  expect(second.manager.listConnectors()).toHaveLength(5);
});

it('close() does not wait for a sleep that never ends', async () => {
  await using server = await FaultyServer.start((socket) => socket.destroy());
  const held = mapUnderTest(server.url, { sleep: () => new Promise(() => {}) });
  const sync = expect(held.manager.sync()).rejects.toMatchObject({ code: 'CLOSED' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await held.manager.close();
  await sync;
});

it('a fractional clock does not keep the store from storing', async () => {
  using dir = new TempDir();
  await using server = await FaultyServer.start(answer(mapNow()));
  await using held = mapUnderTest(server.url, { stateDir: dir.path, now: () => Date.now() + 0.25 });
  await held.manager.sync();
  expect([held.manager.status().store.kind, held.complaints()]).toEqual(['ready', []]);
});

it('the gauge of a connector stays while any manager of the process has it', async () => {
  const first = await manage([entry('shared')], { createProxy: proxyOf([]) });
  await using second = await manage([entry('shared')], { createProxy: proxyOf([]) });
  await first.manager.sync();
  await second.manager.sync();
  await first[Symbol.asyncDispose]();
  expect(await counterOf('brainwav_mcp_connector_proxy_up', { connector: 'shared' })).toBe(1);
});

it('a call that outlives its connector does not bring its label back', async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  await using managed = await manage([entry('gone'), entry('stays')], {
    createProxy: () => ({ ...proxyOf(['x'])(), callTool: () => promise }),
  });
  await managed.manager.sync();
  const call = managed.manager.callTool('gone.x').catch(() => {});
  await managed.publish([entry('stays')]);
  resolve({});
  await call;
  expect(await getConnectorMetricsRegistry().metrics()).not.toContain('connector="gone"');
});
