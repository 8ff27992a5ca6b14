import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { LoginFleet } from '../../helpers/fleet/login-fleet.ts';
import { hasRedis, type RedisServer } from '../../helpers/fleet/redis-server.ts';
import { doubled } from '../../helpers/login-drill/token-ledger.ts';

const KEY = '{sw:logins}:login:all';

type Rows = Readonly<Record<string, Buffer>>;

async function rowsOf(redis: RedisServer): Promise<Rows> {
  const client = redis.client();
  await client.connect();
  const rows = await client.hgetallBuffer(KEY);
  client.disconnect();
  return rows;
}

async function put(redis: RedisServer, rows: Rows): Promise<void> {
  const client = redis.client();
  await client.connect();
  for (const [name, value] of Object.entries(rows)) await client.hset(KEY, name, value);
  const rowIds = Object.keys(rows);
  await client.publish('{sw:logins}:logins', JSON.stringify({ by: 'somebody', scope: 'all', rowIds }));
  client.disconnect();
}

const generationOf = (rows: Rows): number => {
  const [, row] = Object.entries(rows).find(([name]) => name.startsWith('login:')) ?? [];
  return Number(String(row).split(':')[0]);
};

const options = { concurrent: true, timeout: 120_000, skip: !hasRedis };
describe('a fleet that shares logins over a Redis server to which an attacker writes', options, () => {
  it('an attacker who restores old login records in Redis cannot make a host use an older login', async () => {
    await using fleet = await LoginFleet.start({ tokenTtlSeconds: 4 });
    const { presented } = fleet.ledger;
    const [one] = await fleet.add(2);
    await fleet.logIn(one);
    await fleet.reaches('ready');
    const old = await rowsOf(fleet.redis);
    await eventually('it was refreshed', () => presented.length >= 2);
    await eventually('the fleet has it', async () => generationOf(await rowsOf(fleet.redis)) >= 3);
    const newest = generationOf(await rowsOf(fleet.redis));
    await put(fleet.redis, old);
    await eventually('the newer one is back', async () => generationOf(await rowsOf(fleet.redis)) >= newest);
    // A host that starts now gets the newer login.
    await fleet.add(1);
    await fleet.reaches('ready');
    const { length } = presented;
    await eventually('it is refreshed again', () => presented.length >= length + 2);
    expect(doubled(presented)).toEqual([]);
    expect(new Set(presented.map(({ token }) => token)).size).toBe(presented.length);
  });

  it('no host loses a login if an attacker writes garbage, swapped records or endless leases to Redis', async () => {
    await using fleet = await LoginFleet.start({ ids: ['crm', 'wiki'], tokenTtlSeconds: 4 });
    const { presented } = fleet.ledger;
    const [one] = await fleet.add(2);
    await Promise.all(fleet.ids.map((id) => fleet.logIn(one, id)));
    await Promise.all(fleet.ids.map((id) => fleet.reaches('ready', { id })));
    const good = await rowsOf(fleet.redis);
    const [first = '', second = ''] = Object.keys(good).filter((name) => name.startsWith('login:'));
    const [a = Buffer.alloc(0), b = Buffer.alloc(0)] = [good[first], good[second]];
    await put(fleet.redis, { [first]: b, [second]: Buffer.concat([Buffer.from('9007199254740991'), a.subarray(1)]) });
    await eventually('both are good again', async () => isEach(await rowsOf(fleet.redis), [first, second]));
    const poison: Rows = {
      [first]: Buffer.from('no row at all'),
      [second]: Buffer.from(`99999999999999999999999:${'x'.repeat(70_000)}`),
      'login:made-up': Buffer.from('1:x'),
      [`login:${'0'.repeat(64)}`]: Buffer.from('7:x'),
    };
    await put(fleet.redis, poison);
    await eventually('both are good again', async () => isEach(await rowsOf(fleet.redis), [first, second]));
    await fleet.redis.do('DEL', KEY);
    await fleet.redis.do('SET', KEY, 'a text');
    await fleet.redis.do('PUBLISH', '{sw:logins}:logins', '{"by":1}');
    await fleet.redis.do('PUBLISH', '{sw:logins}:logins', '['.repeat(2_000));
    await eventually('it is a hash again', async () => (await fleet.redis.do('TYPE', KEY)) === 'hash', 30_000);
    for (const loginId of [first, second]) {
      const leases = (await fleet.redis.do('KEYS', `${KEY}:lease:*`)) as string[];
      for (const lease of leases) await fleet.redis.do('SET', lease, 'somebody', 'KEEPTTL');
      expect(loginId).toMatch(/^login:/);
    }
    const { length } = presented;
    await eventually('both are refreshed', () => presented.length >= length + 6, 30_000);
    await Promise.all(fleet.ids.map((id) => fleet.reaches('ready', { id })));
    expect(doubled(presented)).toEqual([]);
    expect(presented.every(({ answer }) => answer === 'tokens' || answer === null)).toBe(true);
  });
});

/** Whether each row begins with a small generation, as hosts write it. */
function isEach(rows: Rows, names: readonly string[]): boolean {
  return names.every((name) => /^\d{1,3}:/.test(rows[name]?.toString('latin1') ?? ''));
}
