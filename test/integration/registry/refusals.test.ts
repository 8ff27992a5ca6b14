import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/main/registry/fs-store.ts';
import { RegistryWorld } from '../../helpers/registry-world.ts';

const server = (name: string, more: object = {}): ServerInfo => ({ name, transport: 'stdio', command: name, ...more });

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

describe('values that cannot be stored', () => {
  it.each([
    ['a BigInt', { x: 1n }],
    ['NaN', { x: Number.NaN }],
    ['a cyclic object', { x: cyclic }],
    ['a function', { x: () => 1 }],
    ['a symbol in a list', { x: [Symbol('s')] }],
    ['a lone surrogate', { x: '\ud800' }],
  ])(
    'the registry rejects a server with %s and all servers of the same call, and other changes still work',
    async (_, more) => {
      using it = new RegistryWorld();
      const cache = await it.open();
      const bad = cache.upsertMany([server('beside-it'), server('bad', more)]);
      const good = cache.upsert(server('good'));
      await expect(bad).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringContaining('"bad"') });
      await good;
      expect(cache.getAll()).toEqual([server('good')]);
      await cache.flush();
      await cache.close();
      expect(it.said()).toEqual([server('good')]);
    },
  );

  it('the registry rejects names with a lone surrogate, because two such names would be stored as the same name', async () => {
    using it = new RegistryWorld();
    await using cache = await it.open();
    for (const name of ['\ud800', '\udc00'])
      await expect(cache.upsert(server(name))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await cache.upsert(server('\ufffd'));
    expect(cache.getAll()).toHaveLength(1);
  });

  it('members of a registered server that are undefined are left out, as in JSON', async () => {
    using it = new RegistryWorld();
    await using cache = await it.open();
    await cache.upsert(server('a', { args: undefined, at: new Date(0) }));
    expect(cache.getAll()).toEqual([server('a', { at: '1970-01-01T00:00:00.000Z' })]);
  });
});
