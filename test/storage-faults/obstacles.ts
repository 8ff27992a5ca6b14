import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RegistryMemoryCache, type ServerInfo } from '../../src/main/registry/fs-store.ts';
import { recordingLogger } from '../helpers/log.ts';
import type { FaultCase } from './case.ts';
import { open } from './check.ts';
import { stateOf } from './workload.ts';
import { World } from './world.ts';

const server = (name: string): ServerInfo => ({ name, transport: 'stdio', command: name });

async function opened(registryPath: string) {
  const logger = recordingLogger();
  const cache = new RegistryMemoryCache({ registryPath, flushIntervalMs: 50, logger });
  await cache.init();
  return { cache, logger, events: () => logger.lines.map(({ fields }) => fields.event) };
}

const namesIn = (path: string): string[] =>
  (JSON.parse(readFileSync(path, 'utf8')) as { servers: ServerInfo[] }).servers.map(({ name }) => name);

const links: FaultCase = {
  name: 'symbolic links stand in the place of files',
  async run() {
    using world = new World();
    const { folder, registry } = world;
    const away = join(world.path, 'away');
    mkdirSync(away);
    const precious = join(away, 'precious');
    writeFileSync(precious, 'precious');
    // Creates links with the file names that the registry would use next. The target of the links must not change.
    for (const name of ['servers.json.bak', 'switchyard.db.corrupt', '.servers.json.tmp'])
      symlinkSync(precious, join(folder, name));
    symlinkSync(join(away, 'nowhere'), join(folder, 'servers.json.1.bak'));
    // The user stores these two files elsewhere on purpose, and links to them.
    writeFileSync(join(away, 'real.json'), '{ "servers": [{ "na');
    symlinkSync(join(away, 'real.json'), registry);
    writeFileSync(join(away, 'real.db'), Buffer.alloc(6_000));
    symlinkSync(join(away, 'real.db'), join(folder, 'switchyard.db'));
    const { cache } = await opened(registry);
    await cache.upsert(server('a'));
    await cache.close();
    assert.equal(readFileSync(precious, 'utf8'), 'precious');
    assert.ok(!existsSync(join(away, 'nowhere')));
    assert.equal(readlinkSync(join(folder, 'switchyard.db')), join(away, 'real.db'));
    assert.deepEqual(namesIn(registry), ['a']);
    assert.equal(readFileSync(join(away, 'real.db.corrupt')).length, 6_000);
    assert.equal(stateOf(open(folder, registry).servers), stateOf([server('a')]));
    return 'no target of an unexpected link was changed, and expected links stay';
  },
};

const deleted: FaultCase = {
  name: 'the folder is deleted while two processes have it open',
  async run() {
    using world = new World();
    const one = await opened(world.registry);
    const other = await opened(world.registry);
    await one.cache.upsert(server('one'));
    await other.cache.upsert(server('other'));
    await one.cache.flush();
    rmSync(world.folder, { recursive: true });
    await one.cache.upsert(server('after')).catch(() => {});
    await other.cache.flush().catch(() => {});
    await one.cache.flush();
    await other.cache.flush();
    assert.ok(one.events().includes('store-replaced'), 'nobody is told');
    const expected = ['after', 'one', 'other'];
    assert.deepEqual(namesIn(world.registry).sort(), expected);
    await one.cache.close();
    await other.cache.close();
    const found = open(world.folder, world.registry);
    assert.deepEqual([found.servers.map(({ name }) => name).sort(), found.notes], [expected, []]);
    return 'all that either knew is written again';
  },
};

const replaced: FaultCase = {
  name: 'the folder is moved away, and a file stands in its place',
  async run() {
    using world = new World();
    const { cache, events } = await opened(world.registry);
    await cache.upsert(server('before'));
    renameSync(world.folder, `${world.folder}.away`);
    writeFileSync(world.folder, '');
    await assert.rejects(cache.upsert(server('during')), { code: 'STORE_UNAVAILABLE' });
    assert.equal(stateOf(cache.getAll()), stateOf([server('before'), server('during')]));
    rmSync(world.folder);
    await cache.flush().catch(() => cache.flush());
    assert.ok(events().includes('registry-write-failed'));
    await cache.close();
    assert.deepEqual(namesIn(world.registry).sort(), ['before', 'during']);
    assert.ok(lstatSync(world.folder).isDirectory());
    return 'refused with a code, then made anew with all that memory has';
  },
};

/** Cases with folders and files that are replaced, moved or deleted. */
export const obstacleCases: readonly FaultCase[] = [links, deleted, replaced];
