import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import { RegistryMemoryCache } from '../../../src/main/registry/fs-store.ts';
import { createProcessTable } from '../../../src/workers/programs/process-identity.ts';
import { runCli } from '../../helpers/cli.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { entry, KEY, mapOf, NOW, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const isRoot = process.getuid?.() === 0;
const STRANGER = 54_321;
const TEXT = `ssh-ed25519 ${'A'.repeat(60)} me@example\n`.repeat(30);

/** A state folder that an attacker has changed, and files of this user elsewhere that must stay unchanged. */
class World implements Disposable {
  readonly #dir = new TempDir();
  readonly stateDir = join(this.#dir.path, 'state');
  readonly away = join(this.#dir.path, 'away');
  readonly text = join(this.away, 'authorized_keys');
  readonly database = join(this.away, 'mail.db');
  #before = '';

  constructor() {
    mkdirSync(this.stateDir, { mode: 0o700 });
    mkdirSync(this.away);
    writeFileSync(this.text, TEXT);
    const database = new DatabaseSync(this.database);
    // Other programs also store their version in `user_version`.
    database.exec('CREATE TABLE server (name TEXT, position INTEGER); PRAGMA user_version = 7');
    database.exec("INSERT INTO server VALUES ('mail', 1)");
    database.close();
    this.#before = this.#elsewhere();
  }

  /** Fills the folder with the store and the start image that a first {@link run} creates. */
  fillState(): void {
    cpSync(filled.stateDir, this.stateDir, { recursive: true, preserveTimestamps: true });
  }

  at(name: string): string {
    return join(this.stateDir, name);
  }

  /** Runs a manager with the folder until it has a map. Returns the state of the store and the log. */
  async run() {
    await using server = await MapServer.start(signed(mapOf([entry('a', { status: 'disabled' })])));
    const logger = recordingLogger();
    const manager = new ConnectorProxyManager({
      ...{ serviceMapUrl: server.url, signatureKey: KEY, stateDir: this.stateDir, logger, now: () => NOW },
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 1 },
    });
    await manager.sync();
    await manager.sync(true);
    const connectors = manager.listConnectors().map(({ id }) => id);
    await manager.close();
    const lines = logger.lines.map(({ fields, message }) => ({ ...(fields as { event: string }), message }));
    return { connectors, store: manager.status().store, lines, events: lines.map(({ event }) => event) };
  }

  /** Whether the files elsewhere still have the same names, modes, inodes and contents as at the start. */
  get isUntouched(): boolean {
    return this.#elsewhere() === this.#before;
  }

  #elsewhere(): string {
    return JSON.stringify(
      readdirSync(this.away).map((name) => {
        const { mode, ino } = lstatSync(join(this.away, name));
        return [name, mode, ino, readFileSync(join(this.away, name), 'base64')];
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }
}

let filled: World;
beforeAll(async () => {
  filled = new World();
  expect((await filled.run()).store).toMatchObject({ kind: 'ready' });
});
afterAll(() => filled[Symbol.dispose]());

describe('other files in place of the store', () => {
  it.each([
    ['a text file', (it: World) => copyFileSync(it.text, it.at('switchyard.db')), 'STORE_FOREIGN'],
    [
      'a file that contains the schema as text',
      (it: World) => writeFileSync(it.at('switchyard.db'), 'CREATE TABLE source ( floor_ms'.repeat(99)),
      'STORE_FOREIGN',
    ],
    [
      'a database of another program',
      (it: World) => copyFileSync(it.database, it.at('switchyard.db')),
      'STORE_FOREIGN',
    ],
    ['a link to a text file', (it: World) => symlinkSync(it.text, it.at('switchyard.db')), 'STORE_FOREIGN'],
    ['a link to a database', (it: World) => symlinkSync('../away/mail.db', it.at('switchyard.db')), 'STORE_FOREIGN'],
    ['a hard link to a text file', (it: World) => linkSync(it.text, it.at('switchyard.db')), 'STORE_FOREIGN'],
    ['a hard link to a database', (it: World) => linkSync(it.database, it.at('switchyard.db')), 'STORE_FOREIGN'],
    ['a pipe', (it: World) => void execFileSync('mkfifo', [it.at('switchyard.db')]), 'STORE_UNSAFE'],
    ['a folder', (it: World) => mkdirSync(it.at('switchyard.db')), 'STORE_UNSAFE'],
    ['a link to a device', (it: World) => symlinkSync('/dev/zero', it.at('switchyard.db')), 'STORE_UNSAFE'],
    ['a link to itself', (it: World) => symlinkSync('switchyard.db', it.at('switchyard.db')), 'STORE_UNSAFE'],
  ])(
    '%s in place of the store is neither renamed nor written to, and the manager works without a store',
    async (_, plant, code) => {
      using it = new World();
      plant(it);
      const before = lstatSync(it.at('switchyard.db'));
      const bytes = before.isFile() ? readFileSync(it.at('switchyard.db')) : null;
      const { connectors, store, lines } = await it.run();
      expect([connectors, store]).toEqual([['a'], expect.objectContaining({ kind: 'failed', code })]);
      expect(lines.filter(({ event }) => event === 'store-failed')).toHaveLength(1);
      const after = lstatSync(it.at('switchyard.db'));
      expect([after.ino, after.mode, after.size]).toEqual([before.ino, before.mode, before.size]);
      if (bytes !== null) expect(readFileSync(it.at('switchyard.db')).equals(bytes)).toBe(true);
      expect(readdirSync(it.stateDir).filter((name) => name.includes('corrupt'))).toEqual([]);
      expect(it.isUntouched).toBe(true);
    },
  );
});

describe('links in the state folder', () => {
  it.each(['switchyard.db-wal', 'switchyard.db-shm', 'switchyard.db-journal', 'switchyard.lock'])(
    'if %s is a link, the store is not used, and the link is not followed',
    async (name) => {
      for (const target of ['../away/authorized_keys', '../away/mail.db', '../away/nothing']) {
        using it = new World();
        it.fillState();
        symlinkSync(target, it.at(name));
        expect((await it.run()).store).toMatchObject({ kind: 'failed', code: 'STORE_UNSAFE' });
        expect([it.isUntouched, lstatSync(it.at(name)).isSymbolicLink()]).toEqual([true, true]);
      }
    },
  );

  it('a link in place of the start image is not followed, neither to read nor to write', async () => {
    using it = new World();
    it.fillState();
    const [image = ''] = readdirSync(it.stateDir).filter((name) => name.endsWith('.img'));
    renameSync(it.at(image), join(it.away, 'image'));
    symlinkSync('../away/image', it.at(image));
    const bytes = readFileSync(join(it.away, 'image'));
    const { store } = await it.run();
    expect(store).toMatchObject({ kind: 'ready' });
    expect(readFileSync(join(it.away, 'image')).equals(bytes)).toBe(true);
  });

  it('a link in place of the folder `programs` does not make a host delete files behind the link', async () => {
    using it = new World();
    const project = join(it.away, 'package.json');
    writeFileSync(project, '{"name":"x"}');
    writeFileSync(join(it.away, '12-ab.json'), '{"bootId":"x"}');
    symlinkSync('../away', it.at('programs'));
    await it.run();
    expect(readdirSync(it.away)).toEqual(['12-ab.json', 'authorized_keys', 'mail.db', 'package.json']);
  });
});

it('a pipe in place of the start image blocks neither the start nor the end of a manager', async () => {
  using it = new World();
  it.fillState();
  const [image = ''] = readdirSync(it.stateDir).filter((name) => name.endsWith('.img'));
  renameSync(it.at(image), it.at('old'));
  execFileSync('mkfifo', [it.at(image)]);
  const startedMs = performance.now();
  expect((await it.run()).connectors).toEqual(['a']);
  expect(performance.now() - startedMs).toBeLessThan(8_000);
});

it('a lock file with content is taken for a file of another program, and is kept', async () => {
  using it = new World();
  it.fillState();
  linkSync(it.text, it.at('switchyard.lock'));
  writeFileSync(it.at('switchyard.db'), Buffer.alloc(9_000));
  expect((await it.run()).store).toMatchObject({ kind: 'failed', code: 'STORE_FOREIGN' });
  expect([it.isUntouched, statSync(it.at('switchyard.db')).size]).toEqual([true, 9_000]);
});

describe('a state folder', () => {
  it.each([0o770, 0o707, 0o1777, 0o2775])(
    'a state folder of mode %o is used, and a warning explains how to restrict it',
    async (mode) => {
      using it = new World();
      chmodSync(it.stateDir, mode);
      const { store, lines } = await it.run();
      expect(store).toMatchObject({ kind: 'ready' });
      const warnings = lines.filter(({ event }) => event === 'store-exposed');
      expect(warnings).toMatchObject([{ code: 'STORE_EXPOSED', message: expect.stringContaining('chmod 700') }]);
    },
  );

  it('in a state folder that everybody can write to, a link to a store is not followed, even a link of this user', async () => {
    using it = new World();
    it.fillState();
    renameSync(it.at('switchyard.db'), join(it.away, 'real.db'));
    chmodSync(it.stateDir, 0o777);
    for (const plant of [symlinkSync, linkSync]) {
      plant(join(it.away, 'real.db'), it.at('switchyard.db'));
      expect((await it.run()).store).toMatchObject({ kind: 'failed', code: 'STORE_UNSAFE' });
      renameSync(it.at('switchyard.db'), it.at('planted'));
    }
  });

  it('a state folder that only this user can write to can be a link, and can hold a link to the store', async () => {
    using it = new World();
    it.fillState();
    renameSync(it.at('switchyard.db'), join(it.away, 'real.db'));
    symlinkSync('../away/real.db', it.at('switchyard.db'));
    renameSync(it.stateDir, `${it.stateDir}.real`);
    symlinkSync(`${it.stateDir}.real`, it.stateDir);
    const { store, events } = await it.run();
    expect([store, events]).toEqual([expect.objectContaining({ kind: 'ready' }), ['map-accepted']]);
  });

  it.runIf(isRoot)('a state folder is not used if its path is a link of another user', async () => {
    using it = new World();
    symlinkSync(it.away, `${it.stateDir}.link`);
    lchownSync(`${it.stateDir}.link`, STRANGER, STRANGER);
    renameSync(it.stateDir, `${it.stateDir}.real`);
    renameSync(`${it.stateDir}.link`, it.stateDir);
    expect((await it.run()).store).toMatchObject({ kind: 'failed', code: 'STORE_UNSAFE' });
    expect(it.isUntouched).toBe(true);
  });

  it.runIf(isRoot)(
    "a state folder of another user is used with a warning, but that user's links are not followed",
    async () => {
      using it = new World();
      it.fillState();
      chownSync(it.stateDir, STRANGER, STRANGER);
      const { store, lines } = await it.run();
      expect([store, lines[0]]).toMatchObject([{ kind: 'ready' }, { event: 'store-exposed' }]);
      renameSync(it.at('switchyard.db'), join(it.away, 'real.db'));
      symlinkSync('../away/real.db', it.at('switchyard.db'));
      lchownSync(it.at('switchyard.db'), STRANGER, STRANGER);
      expect((await it.run()).store).toMatchObject({ kind: 'failed', code: 'STORE_UNSAFE' });
    },
  );

  it.runIf(isRoot)('a store that belongs to another user is not used', async () => {
    using it = new World();
    it.fillState();
    chownSync(it.at('switchyard.db'), STRANGER, STRANGER);
    expect((await it.run()).store).toMatchObject({ kind: 'failed', code: 'STORE_UNSAFE' });
  });

  it.runIf(isRoot)('a file of another user that lists running servers does not make a host end a process', async () => {
    using it = new World();
    it.fillState();
    const table = createProcessTable();
    const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore' });
    const identity = table.identify(child.pid ?? 0);
    mkdirSync(it.at('programs'), { recursive: true });
    const note = { bootId: table.bootId(), host: { pid: 99_999_999, startedAt: '1' }, groups: [identity] };
    writeFileSync(it.at('programs/7-abc.json'), JSON.stringify(note));
    chownSync(it.at('programs/7-abc.json'), STRANGER, STRANGER);
    await it.run();
    expect(table.identify(child.pid ?? 0)).not.toBeNull();
    child.kill('SIGKILL');
  });
});

describe('a registry whose servers.json is a link', () => {
  const server = { name: 'a', transport: 'http', endpoint: 'http://a.example/' } as const;

  it('a registry follows a linked servers.json, but rejects the link if everybody can write to its folder', async () => {
    using it = new World();
    const dotfiles = join(it.away, 'dotfiles.json');
    writeFileSync(dotfiles, '{"servers":[]}');
    symlinkSync(dotfiles, it.at('servers.json'));
    const cache = new RegistryMemoryCache({ registryPath: it.at('servers.json') });
    await cache.init();
    await cache.upsert(server);
    await cache.close();
    expect([lstatSync(it.at('servers.json')).isSymbolicLink(), readFileSync(dotfiles, 'utf8')]).toEqual([
      true,
      expect.stringContaining('a.example'),
    ]);
    chmodSync(it.stateDir, 0o777);
    const again = new RegistryMemoryCache({ registryPath: it.at('servers.json') });
    await expect(again.init()).rejects.toMatchObject({ code: 'STORE_UNSAFE' });
    await again.close();
  });

  it('a registry does not overwrite the target of a linked servers.json if the target is not a registry', async () => {
    using it = new World();
    symlinkSync(it.text, it.at('servers.json'));
    const cache = new RegistryMemoryCache({ registryPath: it.at('servers.json') });
    await cache.init();
    await cache.upsert(server);
    await cache.close();
    expect(it.isUntouched).toBe(true);
  });

  it('`registry repair` does not change the mode of files that other links in the folder point to', async () => {
    using it = new World();
    const cache = new RegistryMemoryCache({ registryPath: it.at('servers.json') });
    await cache.init();
    await cache.upsert(server);
    await cache.close();
    symlinkSync(it.text, it.at('servers.json.mine'));
    chmodSync(it.at('servers.json'), 0o644);
    await runCli(['registry', 'repair', '--registry-path', it.at('servers.json')]);
    expect(it.isUntouched).toBe(true);
    expect(existsSync(it.at('servers.json'))).toBe(true);
  });
});
