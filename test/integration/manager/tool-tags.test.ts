import { expect, it } from 'vitest';
import { answer, FaultyServer } from '../../helpers/faulty-server.ts';
import { mapNow, mapUnderTest } from '../../helpers/map-under-test.ts';
import { entry } from '../../helpers/signed-map.ts';

it('with the option `compat`, each tool has a tag with the `brand` member of the newest map', async () => {
  const branded = (seconds: number, brand: string): Uint8Array<ArrayBuffer> =>
    mapNow([entry('one')], { brand, generatedAt: new Date(Date.now() + seconds * 1_000).toISOString() });
  await using server = await FaultyServer.start(answer(branded(0, 'old')));
  await using held = mapUnderTest(server.url, {
    compat: 'cortex-os',
    createProxy: () => ({
      connect: async () => {},
      getTools: () => [{ name: 'x', inputSchema: {} }],
      callTool: async () => ({ content: [] }),
    }),
  });
  const tags = (): readonly string[] | undefined => held.manager.listTools()[0]?.tags;
  await held.manager.sync();
  expect(tags()).toContain('brand:old');
  server.behave(answer(branded(1, 'new')));
  await held.manager.sync(true);
  expect(tags()).toContain('brand:new');
  expect(tags()).not.toContain('brand:old');
});

it('without the option `compat`, no tool has a tag with the `brand` member of the map', async () => {
  await using server = await FaultyServer.start(answer(mapNow([entry('one')], { brand: 'acme' })));
  await using held = mapUnderTest(server.url, {
    createProxy: () => ({
      connect: async () => {},
      getTools: () => [{ name: 'x', inputSchema: {} }],
      callTool: async () => ({ content: [] }),
    }),
  });
  await held.manager.sync();
  expect(held.manager.listTools()[0]?.tags).toEqual(expect.arrayContaining(['connector:one']));
  expect(held.manager.listTools()[0]?.tags.join()).not.toContain('brand:');
});
