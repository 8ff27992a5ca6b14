import { afterEach, describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../src/main/registry/fs-store.ts';
import { eventually } from '../helpers/eventually.ts';
import { recordingLogger } from '../helpers/log.ts';
import { killRegistryUsers, startRegistryUser } from '../helpers/registry-user.ts';
import { RegistryWorld } from '../helpers/registry-world.ts';

const server = (name: string, more: object = {}): ServerInfo => ({ name, transport: 'stdio', command: name, ...more });

afterEach(killRegistryUsers);

describe('several processes with one registry', () => {
  it('four processes can change one registry at the same time, and no change is lost', async () => {
    using it = new RegistryWorld();
    await using cache = await it.open();
    const writers = ['p', 'q', 'r'].map((prefix) => startRegistryUser(it.home, 'writes', prefix, '40'));
    for (let index = 0; index < 40; index += 1) await cache.upsert(server(`own-${index}`));
    expect((await Promise.all(writers.map(({ ended }) => ended))).map(([code]) => code)).toEqual([0, 0, 0]);
    await eventually('all show', () => cache.getAll().length === 160);
    await cache.flush();
    expect(new Set(it.said().map((entry) => (entry as ServerInfo).name)).size).toBe(160);
    const { lines, ended } = startRegistryUser(it.home, 'removes', 'own-7');
    await ended;
    expect(lines).toEqual(['true']);
    await eventually('it is gone', () => cache.getAll().length === 159);
  }, 20_000);

  it('every confirmed change of a registry is kept when the process that made it is killed', async () => {
    using it = new RegistryWorld();
    const acknowledged: string[] = [];
    for (let kill = 0; kill < 5; kill += 1) {
      const { child, lines, ended } = startRegistryUser(it.home, 'writes', `k${kill}`, '0');
      await eventually('it writes', () => lines.length > 5 + 7 * kill);
      child.kill('SIGKILL');
      await ended;
      acknowledged.push(...lines);
    }
    await using cache = await it.open();
    const names = new Set(cache.getAll().map(({ name }) => name));
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    await cache.upsert(server('after'));
  }, 30_000);
});

describe('servers.json', () => {
  it('the registry does not write a servers.json that is too large to read, and can still be opened', async () => {
    using it = new RegistryWorld();
    const logger = recordingLogger();
    const note = 'x'.repeat(1 << 20);
    const servers = Array.from({ length: 65 }, (_, index) => server(`n${index}`, { note }));
    const before = await it.open({ logger });
    await before.upsert(server('first'));
    await before.flush();
    await before.upsertMany(servers);
    await expect(before.flush()).rejects.toMatchObject({
      message: expect.stringContaining('larger than 67108864 bytes'),
    });
    await before.close();
    expect(it.said()).toEqual([server('first')]);
    const after = await it.open({ logger });
    expect(after.getAll()).toHaveLength(66);
    for (const { name } of servers.slice(1)) after.remove(name);
    await after.flush();
    await after.close();
    expect(it.said()).toHaveLength(2);
  });
});
