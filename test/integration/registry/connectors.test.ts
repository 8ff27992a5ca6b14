import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConnectorProxyManager } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { LocalFile, localServer } from '../../helpers/local-file.ts';
import { manage } from '../../helpers/manager.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { RegistryWorld, registeredProgram } from '../../helpers/registry-world.ts';
import { entry } from '../../helpers/signed-map.ts';
import { isAlive } from '../../helpers/stdio-program.ts';

async function whoami(manager: ConnectorProxyManager, id: string): Promise<{ pid: number; name: string }> {
  const { content } = await manager.callTool(`${id}.whoami`);
  return JSON.parse(content[0]?.type === 'text' ? content[0].text : '');
}

const states = (manager: ConnectorProxyManager): string[] =>
  manager.status().connectors.map(({ id, state }) => `${id} ${state}`);

describe('registered servers', () => {
  it('registered stdio and remote servers become connectors, even without a service map', async () => {
    using world = new RegistryWorld();
    await using remote = await TestMcpServer.start((server) => server.registerTool('far', {}, () => ({ content: [] })));
    const headers = { 'X-Key': 'k' };
    await world.fill(
      registeredProgram('near'),
      { name: 'plain', transport: 'http', endpoint: remote.url, headers },
      { name: 'streamed', transport: 'streamableHttp', endpoint: remote.url },
      registeredProgram('off', { disabled: true }),
    );
    await using local = world.manage();
    const { manager } = local;
    await manager.sync();
    await manager.ready('all');
    expect(states(manager)).toEqual(['near ready', 'plain ready', 'streamed ready', 'off disabled']);
    expect(await whoami(manager, 'near')).toMatchObject({ name: 'near' });
    expect(remote.requests.some((request) => request.headers['x-key'] === 'k')).toBe(true);
    expect(manager.status()).toMatchObject({
      serviceMap: { url: null },
      registry: { path: world.path, serverCount: 4, problems: [], lastError: null },
    });
    expect(manager.connector('off')?.status?.why).toBe('disabled in the registry');
  });

  it('a host follows within two seconds when another process changes the registry, and other servers keep running', async () => {
    using world = new RegistryWorld();
    await world.fill(registeredProgram('kept'), registeredProgram('gone'), registeredProgram('changed'));
    await using local = world.manage();
    const { manager } = local;
    await manager.sync();
    await manager.ready('all');
    const before = await Promise.all(['kept', 'gone', 'changed'].map((id) => whoami(manager, id)));
    const transitions: string[] = [];
    manager.on('connector', ({ connectorId, to }) => transitions.push(`${connectorId} ${to}`));
    await using other = await world.open();
    const startedAt = performance.now();
    await other.upsert(registeredProgram('added'));
    await eventually('it is listed', () => manager.listTools().some(({ name }) => name === 'added.whoami'));
    const tookMs = performance.now() - startedAt;
    // This time includes the start of the added server.
    expect(tookMs).toBeLessThan(2_000);
    other.remove('gone');
    await other.upsert(registeredProgram('changed', { args: [registeredProgram('x').args?.[0], 'new name'] }));
    await eventually('both are so', async () => {
      if (manager.connector('gone') !== undefined) return false;
      return (await whoami(manager, 'changed')).name === 'new name';
    });
    await eventually('their programs are gone', () => before.slice(1).every(({ pid }) => !isAlive(pid)));
    expect(await whoami(manager, 'kept')).toEqual(before[0]);
    expect(transitions.filter((line) => line.startsWith('kept'))).toEqual([]);
  });

  it('a host follows manual edits of servers.json, and reports where each invalid server is', async () => {
    using world = new RegistryWorld();
    await world.fill(registeredProgram('one'));
    await using local = world.manage();
    const { manager, lines } = local;
    await manager.sync();
    const { pid } = await whoami(manager, 'one');
    world.edit([
      registeredProgram('one'),
      { name: 'torn', transport: 'stdio' },
      { name: 'socket', transport: 'ws', endpoint: 'ws://localhost:1/' },
      { name: 'nowhere', transport: 'http', endpoint: 'ftp://secret-host/' },
      { name: 'unset', transport: 'stdio', command: 'x', env: { A: `\${SWITCHYARD_TEST_UNSET}` } },
      { name: 'masked', transport: 'http', endpoint: 'http://localhost:1/', headers: { A: '***masked***' } },
      { transport: 'http' },
      registeredProgram('two'),
      registeredProgram('TWO!', { args: [] }),
      registeredProgram('Two?', { args: [] }),
    ]);
    await eventually('the good one is up', () => states(manager).includes('two ready'));
    expect(await whoami(manager, 'one')).toMatchObject({ pid });
    const problems = manager.status().registry?.problems ?? [];
    expect(problems.map(({ code, server, place }) => [code, server, place])).toEqual([
      ['SERVER_INVALID', 'torn', 'servers["torn"]'],
      ['SERVER_TRANSPORT_UNSUPPORTED', 'socket', 'servers["socket"]'],
      ['SERVER_INVALID', 'nowhere', 'servers["nowhere"].endpoint'],
      ['SERVER_INVALID', 'unset', 'servers["unset"].env["A"]'],
      ['SECRET_MASKED', 'masked', 'servers["masked"]'],
      ['SERVER_INVALID', 'TWO!', 'servers["TWO!"]'],
      ['SERVER_INVALID', 'Two?', 'servers["Two?"]'],
      ['SERVER_INVALID', null, 'servers[6]'],
    ]);
    expect(JSON.stringify(problems)).not.toContain('secret-host');
    const refused = lines.filter(({ fields }) => fields.event === 'registry-server-refused');
    expect(refused).toHaveLength(7);
    world.edit([registeredProgram('one'), registeredProgram('two')]);
    await eventually('nothing is wrong any more', () => manager.status().registry?.problems.length === 0);
    expect(await whoami(manager, 'one')).toMatchObject({ pid });
  });

  it('a registered server takes precedence over a connector of the map, but not over one of a local file', async () => {
    using world = new RegistryWorld();
    await using remote = await TestMcpServer.start((server) => server.registerTool('far', {}, () => ({ content: [] })));
    await world.fill(registeredProgram('both'), registeredProgram('all'), registeredProgram('own'));
    using file = new LocalFile({ all: localServer(['of the file']) });
    const entries = ['far', 'both', 'all'].map((id) => entry(id, { endpoint: remote.url }));
    await using map = await manage(entries, { configFile: file.path, serverRegistry: { path: world.path } });
    const { manager } = map;
    await manager.sync();
    await manager.ready('all');
    const names = async (): Promise<string[]> =>
      Promise.all(['both', 'all', 'own'].map(async (id) => (await whoami(manager, id)).name));
    expect(await names()).toEqual(['both', 'of the file', 'own']);
    expect(manager.listConnectors().map(({ id }) => id)).toEqual(['far', 'both', 'own', 'all']);
    // When a source no longer contains an id, the next source that contains it provides the connector.
    file.write({});
    await manager.sync(true);
    expect(await names()).toEqual(['both', 'all', 'own']);
    await using other = await world.open();
    other.remove('all');
    await eventually('it is the map’s', () => manager.listTools().some(({ name }) => name === 'all.far'));
    expect(manager.connector('own')).toBeDefined();
  });

  it('a registered server gets the environment variables from the file that its `envFile` names', async () => {
    using world = new RegistryWorld();
    using file = new LocalFile({});
    file.writeText('SWITCHYARD_TEST_GIVEN=1\n');
    await world.fill(registeredProgram('one', { envFile: file.path }), registeredProgram('two', { envFile: '/none' }));
    await using local = world.manage();
    await local.manager.sync();
    const { content } = await local.manager.callTool('one.whoami');
    expect(JSON.stringify(content)).toContain('SWITCHYARD_TEST_GIVEN');
    expect(local.manager.status().registry?.problems).toMatchObject([
      { server: 'two', place: 'servers["two"].envFile' },
    ]);
  });

  it('sync() rejects while the registry cannot be read, and registered servers connect once it can be read', async () => {
    using world = new RegistryWorld();
    const folder = join(world.home, 'later');
    writeFileSync(folder, '');
    await using local = world.manage({ serverRegistry: { path: join(folder, 'servers.json') } });
    await expect(local.manager.sync()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(local.manager.status().registry).toMatchObject({ readAt: null, lastError: { code: 'STORE_UNAVAILABLE' } });
    rmSync(folder);
    mkdirSync(folder);
    writeFileSync(join(folder, 'servers.json'), JSON.stringify({ servers: [registeredProgram('one')] }));
    await local.manager.sync();
    expect(await whoami(local.manager, 'one')).toMatchObject({ name: 'one' });
    expect(local.manager.status().registry).toMatchObject({ serverCount: 1, lastError: null });
  });

  it('an invalid option `serverRegistry` is rejected at construction', () => {
    using world = new RegistryWorld();
    expect(() => world.manage({ serverRegistry: { file: 'x' } as never })).toThrow('serverRegistry');
    expect(() => world.manage({ serverRegistry: { path: '' } })).toThrow('serverRegistry');
  });
});

describe('the in-memory registry', () => {
  it('the registry reports every change, even by other processes, and reports nothing if nothing changed', async () => {
    using world = new RegistryWorld();
    await using cache = await world.open();
    await using other = await world.open();
    let count = 0;
    const stop = cache.onChange(() => {
      count += 1;
    });
    await cache.upsert(registeredProgram('a'));
    cache.remove('not there');
    expect(count).toBe(1);
    const [kept] = cache.getAll();
    await other.upsert(registeredProgram('b'));
    await cache.refresh();
    expect([count, cache.getAll().length, cache.getAll()[0] === kept]).toEqual([2, 2, true]);
    await other.upsert(registeredProgram('b'));
    await cache.refresh();
    expect(count).toBe(2);
    stop();
    cache.remove('a');
    expect(count).toBe(2);
  });
});
