import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/main/registry/fs-store.ts';
import { eventually } from '../../helpers/eventually.ts';
import { RegistryWorld } from '../../helpers/registry-world.ts';

const server = (name: string, more: object = {}): ServerInfo => ({ name, transport: 'stdio', command: name, ...more });

const isWhole = (it: RegistryWorld): boolean => {
  try {
    return it.said().length > 0;
  } catch {
    return false;
  }
};

describe('a servers.json of an open host', () => {
  it.each([
    ['is deleted', (path: string) => rmSync(path), 0],
    ['is truncated', (path: string) => truncateSync(path, 20), 1],
    ['gets a newer format version', (path: string) => writeFileSync(path, '{"version":9,"servers":[]}'), 1],
  ])('a servers.json that %s while a host uses it is written again automatically', async (_, damage, backups) => {
    using it = new RegistryWorld();
    await using cache = await it.open({ flushIntervalMs: 50 });
    await cache.upsert(server('a'));
    await cache.flush();
    await eventually('it is looked at', () => isWhole(it));
    damage(it.path);
    await eventually('it is there again', () => isWhole(it));
    expect(it.said()).toEqual([server('a')]);
    const kept = readdirSync(dirname(it.path)).filter((name) => name.endsWith('.bak'));
    expect(kept).toHaveLength(backups);
  });

  it('an edited servers.json keeps its formatting after the host has accepted the edit', async () => {
    using it = new RegistryWorld();
    await using cache = await it.open({ flushIntervalMs: 50 });
    await cache.upsert(server('a'));
    await cache.flush();
    const text = JSON.stringify({ servers: [server('a'), server('by-hand')] });
    writeFileSync(it.path, text);
    await eventually('it is taken over', () => cache.getAll().length === 2);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(readFileSync(it.path, 'utf8')).toBe(text);
  });

  it('a servers.json is read again later if the store was locked when the host noticed an edit', async () => {
    using it = new RegistryWorld();
    await using cache = await it.open();
    await cache.upsert(server('a'));
    await cache.flush();
    await cache.refresh();
    const holder = new DatabaseSync(it.store);
    holder.exec('BEGIN IMMEDIATE');
    it.edit([server('a'), server('edited')]);
    await expect(cache.refresh()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    holder.exec('ROLLBACK');
    holder.close();
    await eventually('it is taken over', () => cache.getAll().length === 2);
  });

  it('a servers.json that has become too large is renamed and written again', async () => {
    using it = new RegistryWorld();
    await it.fill(server('a'));
    truncateSync(it.path, 64 * 1024 * 1024 + 1);
    await using cache = await it.open({ flushIntervalMs: 50 });
    expect(cache.getAll()).toEqual([server('a')]);
    await eventually('it is written again', () => existsSync(it.path) && isWhole(it));
    expect(existsSync(`${it.path}.bak`)).toBe(true);
  });
});
