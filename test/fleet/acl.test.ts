import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Redis as Client } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../src/shared/protocol/fleet/fleet-messages.ts';
import { FleetSource } from '../helpers/fleet/fleet-source.ts';
import { joinFleet } from '../helpers/fleet/fleet-under-test.ts';
import { allHave, hostsHere, leaderOf } from '../helpers/fleet/fleet-world.ts';
import { hasRedis, RedisServer } from '../helpers/fleet/redis-server.ts';

const PASSWORDS = { fetcher: 'the word of fetchers', reader: 'the word of readers' };
type User = keyof typeof PASSWORDS;

/** Returns the ACL rules in docs/fleet-server.md, for the fleet `tests`. */
function documentedRules(): readonly string[] {
  const page = readFileSync(new URL('../../docs/fleet-server.md', import.meta.url), 'utf8');
  const [, rules = ''] = /```acl\n([^`]+)```/.exec(page) ?? [];
  const named = (rule: string, user: User): string =>
    rule.replace(`SHA256_OF_${user.toUpperCase()}`, hash('sha256', PASSWORDS[user]));
  return rules
    .trim()
    .split('\n')
    .map((rule) => named(named(rule.replaceAll('{sw:prod}', '{sw:tests}'), 'fetcher'), 'reader'));
}

const startServer = (): Promise<RedisServer> => RedisServer.start(documentedRules());
const as = (user: User) => ({ password: PASSWORDS[user], role: user === 'reader' ? 'reader' : 'any' }) as const;
const urlOf = (server: RedisServer, user: User): string => `redis://${user}@127.0.0.1:${server.port}`;

/** Sends commands as a user; each result is OK or the start of the error. */
async function outcomes(server: RedisServer, user: User, commands: readonly (readonly string[])[]) {
  const password = PASSWORDS[user];
  const client = new Client({
    port: server.port,
    username: user,
    password,
    lazyConnect: true,
    enableReadyCheck: false,
  });
  client.on('error', () => {});
  await client.connect();
  const found: [string, string][] = [];
  for (const [name = '', ...args] of commands) {
    const answer = await client.call(name, ...args).then(
      () => 'OK',
      (error: Error) => (/NOPERM|can't/.test(error.message) ? 'refused' : error.message),
    );
    found.push([[name, ...args].join(' '), answer]);
  }
  client.disconnect();
  return found;
}

const refusedBy = (all: readonly [string, string][]) => all.filter(([, answer]) => answer !== 'refused');

describe.skipIf(!hasRedis)('the ACL rules of docs/fleet-server.md', () => {
  it.each(['fetcher', 'reader'] as const)(
    'the ACL rules of docs/fleet-server.md give a host with the role of a %s all permissions that it needs',
    async (user) => {
      await using server = await startServer();
      await using host = joinFleet(server, { url: urlOf(server, user), ...as(user), address: 'http://127.0.0.1:1' });
      const refused: FleetEvent[] = [];
      host.fleet.on('refused', (event) => refused.push(event));
      await host.connected();
      const probe = await host.fleet.ask((api) => api.probe(), 5_000);
      expect(probe.missingPermissions).toEqual([]);
      expect(probe.server).not.toBeNull();
      expect(refused).toEqual([]);
    },
  );

  it('the documented Redis ACL rules keep a reader from other keys, and from writing maps, even with a script', async () => {
    await using server = await startServer();
    const map = '{sw:tests}:map:m';
    const denied = await outcomes(server, 'reader', [
      ['SET', `${map}:head`, 'x'],
      ['SET', `${map}:lease`, 'x'],
      ['APPEND', `${map}:body:x`, 'x'],
      ['DEL', `${map}:head`],
      ['PEXPIRE', `${map}:head`, '1'],
      ['RENAME', '{sw:tests}:sess:x', `${map}:head`],
      ['PUBLISH', '{sw:tests}:news:m', 'x'],
      ['EVAL', 'return 1', '1', `${map}:head`],
      ['EVAL', `return redis.call('set', '${map}:head', 'x')`, '0'],
      ['EVAL', `return redis.call('set', '${map}:lease', 'x')`, '1', '{sw:tests}:sess:x'],
      ['EVAL', `return redis.call('publish', '{sw:tests}:news:m', 'x')`, '0'],
      ['GET', 'other'],
      ['GETRANGE', '{sw:other}:map:m:head', '0', '1'],
      ['SUBSCRIBE', '{sw:other}:sess'],
      ['KEYS', '*'],
      ['SCAN', '0'],
      ['FLUSHALL'],
      ['CONFIG', 'GET', '*'],
      ['ACL', 'LIST'],
      ['SCRIPT', 'FLUSH'],
      ['CLIENT', 'LIST'],
    ]);
    expect(refusedBy(denied)).toEqual([]);
    const allowed = [['GETRANGE', `${map}:head`, '0', '10']];
    expect(await outcomes(server, 'reader', allowed)).toEqual([[`GETRANGE ${map}:head 0 10`, 'OK']]);
  });

  it('the documented Redis ACL rules keep a fetcher from other keys and from administrator commands', async () => {
    await using server = await startServer();
    const denied = await outcomes(server, 'fetcher', [
      ...[
        ['GET', 'other'],
        ['SET', '{sw:other}:map:m:head', 'x'],
        ['PUBLISH', '{sw:other}:sess', 'x'],
      ],
      ...[['EVAL', `return redis.call('get', 'other')`, '0'], ['KEYS', '*'], ['SCAN', '0'], ['FLUSHALL'], ['FLUSHDB']],
      ...[['CONFIG', 'GET', '*'], ['ACL', 'LIST'], ['SHUTDOWN'], ['SCRIPT', 'KILL']],
    ]);
    expect(refusedBy(denied)).toEqual([]);
  });

  it('with the documented Redis ACL rules, a fetcher can be the leader, and readers can follow it', async () => {
    await using server = await startServer();
    await using source = await FleetSource.start(['a']);
    const world = (user: User) => ({ url: source.url, redis: urlOf(server, user), fleet: as(user) });
    await using fetchers = hostsHere('fetcher', { ...world('fetcher'), count: 1 });
    await using readers = hostsHere('reader', { ...world('reader'), count: 2 });
    await Promise.all([fetchers.started, readers.started]);
    const views = [...fetchers.views, ...readers.views];
    await allHave(views, source.publish(['a', 'b']).generatedAtMs);
    expect(await leaderOf(views)).toBe(fetchers.views[0]);
    await allHave(views, source.publish(['a', 'c']).generatedAtMs);
    expect(readers.views.map(({ state }) => state)).toEqual(['following', 'following']);
    expect(views.flatMap((view) => view.logged('fleet-refused'))).toEqual([]);
  });

  it('a host reports every permission that incomplete Redis ACL rules do not give it', async () => {
    await using server = await RedisServer.start(
      documentedRules().map((rule) => rule.replaceAll(' +hset ', ' ').replace(' +getrange', '')),
    );
    await using host = joinFleet(server, { url: urlOf(server, 'reader'), ...as('reader') });
    await host.connected();
    const { missingPermissions } = await host.fleet.ask((api) => api.probe(), 5_000);
    expect(missingPermissions).toEqual([
      ...['HSET sess:*', 'HSET q:*', 'HSET tools:*', 'HSET pins:*', 'HSET login:*', 'GETRANGE map:*'],
    ]);
  });
});
