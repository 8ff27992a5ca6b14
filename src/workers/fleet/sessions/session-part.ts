import { SwitchyardError } from '../../../shared/errors.ts';
import { MAX_WATCHED, SESSION_END_KEPT_MS, SESSION_STATE_IDLE_MS } from '../../../shared/fleet/session-limits.ts';
import type { FleetSessionApi } from '../../../shared/protocol/fleet/session-messages.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import type { RedisReply, RedisScript } from '../redis.ts';
import { SessionNews } from './session-news.ts';
import { END_FIELD, fieldOf, MAX_VALUE_LENGTH, readRecord, sealField } from './session-record.ts';

/** Maximum number of fields in the hash of a session. A session needs far fewer. A larger hash is not read. */
const MAX_FIELDS = 2 * MAX_WATCHED;

/** Reads the fields of a session and renews its time to live. Leaves out fields that no replica can have written. */
const READ: RedisScript = {
  keys: 1,
  lua: `
local key, most, longest, idle = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local found = {}
if redis.call('HLEN', key) > most then return {'too many', ''} end
for _, name in ipairs(redis.call('HKEYS', key)) do
  if #name <= 32 and redis.call('HSTRLEN', key, name) <= longest then
    found[#found + 1] = name
    found[#found + 1] = redis.call('HGET', key, name)
  end
end
if redis.call('HEXISTS', key, '${END_FIELD}') == 0 then redis.call('PEXPIRE', key, idle) end
return found`,
};

/** Applies one change to a session and publishes the change. Does nothing if the session has ended. */
const CHANGE: RedisScript = {
  keys: 1,
  lua: `
local key, op, name, value, keep, channel, news, most = KEYS[1], unpack(ARGV)
if redis.call('TYPE', key).ok ~= 'hash' then redis.call('DEL', key) end
if name == '${END_FIELD}' then redis.call('DEL', key)
elseif redis.call('HEXISTS', key, '${END_FIELD}') == 1 then return 'ended' end
if op == 'remove' then redis.call('HDEL', key, name)
elseif redis.call('HEXISTS', key, name) == 0 and redis.call('HLEN', key) >= tonumber(most) then return 'full'
else redis.call('HSET', key, name, value) end
redis.call('PEXPIRE', key, keep)
redis.call('PUBLISH', channel, news)
return 'written'`,
};

/**
 * Creates the part of the fleet thread that shares legacy sessions between replicas. It uses a channel, and for each
 * session a hash with encrypted values. Anyone who may write to the Redis server can delete this data, but cannot end
 * or change a session.
 */
export function createSessionPart({ redis, keys, sealer, settings, emit }: FleetPartDeps): FleetSessionApi {
  const channel = keys.sessionNews;
  const news = new SessionNews(sealer, channel, settings.hostId);
  const refuse = (key: string, why: string): void =>
    emit({ kind: 'refused', what: key.slice(keys.prefix.length), why });

  redis.subscribe(channel, (message) => {
    const event = news.read(message);
    if (event === null) refuse(channel, 'a message was not written by a replica, or was received before');
    else if (event !== 'own') emit(event);
  });

  return {
    readSession: (sessionId) =>
      reply(async () => {
        const key = keys.session(sessionId);
        const found = await redis.run(READ, key, MAX_FIELDS, MAX_VALUE_LENGTH, SESSION_STATE_IDLE_MS);
        const { state, refused } = readRecord(sealer, key, pairsOf(found));
        if (refused > 0) refuse(key, `${refused} fields were not written by a replica`);
        return state;
      }),

    changeSession: (sessionId, change) =>
      reply(async () => {
        const key = keys.session(sessionId);
        const [op, value] = change.kind === 'unwatch' ? ['remove', ''] : ['set', sealField(sealer, key, change)];
        const keepMs = change.kind === 'ended' ? SESSION_END_KEPT_MS : SESSION_STATE_IDLE_MS;
        const told = news.write(sessionId, change);
        const done = await redis.run(CHANGE, key, op, fieldOf(change), value, keepMs, channel, told, MAX_FIELDS);
        if (done === 'full') throw new SwitchyardError('FLEET_REFUSED', 'The session has too many fields in Redis.');
        return null;
      }),
  };
}

function pairsOf(found: RedisReply): readonly (readonly [name: string, value: string])[] {
  const flat = Array.isArray(found) ? (found as readonly RedisReply[]) : [];
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([String(flat[at]), String(flat[at + 1])]);
  return pairs;
}
