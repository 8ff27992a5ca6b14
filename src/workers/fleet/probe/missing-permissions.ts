import { codeOf } from '../../../shared/errors.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import type { RedisScript } from '../redis.ts';

/** The commands that the fleet thread uses on each key. `*` stands for a unique name. */
const NEEDED: readonly { readonly key: string; readonly commands: readonly string[] }[] = [
  { key: 'sess:*', commands: ['hlen', 'hkeys', 'hstrlen', 'hget', 'hexists', 'hset', 'hdel', 'pexpire', 'del'] },
  { key: 'q:*', commands: ['hgetall', 'hset', 'hdel', 'hincrby', 'pexpire'] },
  { key: 'tools:*', commands: ['type', 'del', 'hset', 'hget', 'hdel', 'hlen', 'hkeys', 'hmget', 'hstrlen', 'pexpire'] },
  { key: 'toolscopes*', commands: ['type', 'del', 'sadd', 'smembers'] },
  { key: 'pins:*', commands: ['type', 'del', 'hsetnx', 'hset', 'hget', 'hdel', 'hlen', 'hmget', 'hstrlen'] },
  { key: 'pinlog:*', commands: ['xadd'] },
  {
    key: 'login:*',
    commands: ['type', 'del', 'hlen', 'hkeys', 'hstrlen', 'hget', 'hset', 'hdel', 'pttl', 'set', 'get', 'getdel'],
  },
];

/** The keys and commands that a host also needs if it may lead. */
const NEEDED_TO_LEAD = {
  key: 'map:*',
  commands: ['get', 'set', 'type', 'strlen', 'pexpire', 'pttl', 'incr', 'rename', 'append', 'del'],
};

const CHANNELS: readonly string[] = ['hosts*', 'sess*', 'tools*', 'pins*', 'logins*'];
const CHANNEL_TO_LEAD = 'news:*';

/**
 * Tries commands on a key that is not used otherwise, and deletes this key. KEYS: key. ARGV: names of commands. Returns
 * the commands that the user may not run.
 */
const TRY: RedisScript = {
  keys: 1,
  lua: `
local more = {
  hset = {'f', '1'}, hsetnx = {'f', '1'}, hincrby = {'f', '1'}, hget = {'f'}, hmget = {'f'}, hstrlen = {'f'},
  hexists = {'f'}, hdel = {'f'}, pexpire = {'1000'}, set = {'1', 'px', '1000'}, append = {'1'}, sadd = {'1'},
  xadd = {'*', 'f', '1'}, rename = {KEYS[1]},
}
local missing = {}
for _, name in ipairs(ARGV) do
  redis.pcall('del', KEYS[1])
  local answer = redis.pcall(name, KEYS[1], unpack(more[name] or {}))
  local fault = type(answer) == 'table' and answer.err or ''
  if string.find(fault, 'NOPERM', 1, true) or string.find(fault, "can't", 1, true) then
    missing[#missing + 1] = name
  end
end
redis.pcall('del', KEYS[1])
return missing`,
};

/**
 * Returns the permissions that the role of this host needs but its Redis user lacks, such as `HSET sess:*`. Leaves no
 * data behind. Rejects with FLEET_UNAVAILABLE.
 */
export async function missingPermissions({ redis, keys, settings }: FleetPartDeps): Promise<readonly string[]> {
  const isLeader = settings.role === 'any';
  const probeKey = (pattern: string): string => keys.prefix + pattern.replace('*', `probe-${settings.hostId}`);
  const attempt = async (what: string, question: () => Promise<unknown>): Promise<readonly string[]> => {
    try {
      const missing = await question();
      // If PUBLISH or a read is allowed, the reply is not a list of commands.
      const names = what.includes(' ') || !Array.isArray(missing) ? [] : missing;
      return names.map((name) => `${String(name).toUpperCase()} ${what}`);
    } catch (error) {
      if (codeOf(error) !== 'FLEET_REFUSED') throw error;
      return [what.includes(' ') ? what : `EVAL ${what}`];
    }
  };
  const needed = isLeader ? [...NEEDED, NEEDED_TO_LEAD] : NEEDED;
  const channels = isLeader ? [...CHANNELS, CHANNEL_TO_LEAD] : CHANNELS;
  const found = await Promise.all([
    ...needed.map(({ key, commands }) => attempt(key, () => redis.run(TRY, probeKey(key), ...commands))),
    ...channels.map((channel) => attempt(`PUBLISH ${channel}`, () => redis.command('PUBLISH', probeKey(channel), ''))),
    attempt('GETRANGE map:*', () => redis.bulk('GETRANGE', probeKey('map:*'), 0, 0)),
    attempt('MGET host:*', () => redis.bulk('MGET', probeKey('host:*'))),
    attempt('ZCARD hosts', () => redis.command('ZCARD', keys.hosts)),
    attempt('ZRANGE hosts', () => redis.command('ZRANGE', keys.hosts, 0, 0)),
  ]);
  return found.flat();
}
