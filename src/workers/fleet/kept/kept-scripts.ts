import type { RedisScript } from '../redis.ts';

/**
 * Puts fields into a hash where they are missing. Keys: the hash, the set of scopes. Arguments: the scope, then field
 * and value by turns. Answers how many it put in. Values of a wrong type are replaced: nothing else may be there.
 */
export const PUT_MISSING: RedisScript = {
  keys: 2,
  lua: `
    if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
    if redis.call('TYPE', KEYS[2]).ok ~= 'set' then redis.call('DEL', KEYS[2]) end
    redis.call('SADD', KEYS[2], ARGV[1])
    local count = 0
    for i = 2, #ARGV, 2 do count = count + redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
    return count`,
};

/**
 * Replaces pins by approved ones. Keys: the hash, the set of scopes. Arguments: the scope, then field, version and
 * value by turns. A value begins with its version and a colon; one of the same version or a higher one stays. Answers 1
 * or 0 for each.
 */
export const PUT_APPROVED: RedisScript = {
  keys: 2,
  lua: `
    if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
    if redis.call('TYPE', KEYS[2]).ok ~= 'set' then redis.call('DEL', KEYS[2]) end
    redis.call('SADD', KEYS[2], ARGV[1])
    local done = {}
    for i = 2, #ARGV, 3 do
      local now = redis.call('HGET', KEYS[1], ARGV[i])
      local version = now and tonumber(string.match(now, '^(%d+):')) or -1
      if tonumber(ARGV[i + 1]) > version then
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
        done[#done + 1] = 1
      else
        done[#done + 1] = 0
      end
    end
    return done`,
};

/**
 * Puts lists into the catalogue. Keys: the hash, the set of scopes. Arguments: the scope, milliseconds to keep, then
 * field, digest and value by turns. A value begins with its digest; one with the same digest stays. Answers 1 or 0 for
 * each.
 */
export const PUT_LISTS: RedisScript = {
  keys: 2,
  lua: `
    if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
    if redis.call('TYPE', KEYS[2]).ok ~= 'set' then redis.call('DEL', KEYS[2]) end
    redis.call('SADD', KEYS[2], ARGV[1])
    local done = {}
    for i = 3, #ARGV, 3 do
      local now = redis.call('HGET', KEYS[1], ARGV[i])
      if now and string.sub(now, 1, #ARGV[i + 1]) == ARGV[i + 1] then
        done[#done + 1] = 0
      else
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
        done[#done + 1] = 1
      end
    end
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return done`,
};

/**
 * Removes a field that was refused, unless it holds something else by now. Key: the hash. Arguments: field, SHA-1 of
 * the value, hex.
 */
export const REMOVE_REFUSED: RedisScript = {
  keys: 1,
  lua: `
    local now = redis.call('HGET', KEYS[1], ARGV[1])
    if now and redis.sha1hex(now) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
    return 0`,
};

/** The first bytes of fields, or null each. Key: the hash. Arguments: how many bytes, then fields. */
export const HEADS: RedisScript = {
  keys: 1,
  lua: `
    local heads = {}
    for i = 2, #ARGV do
      local now = redis.call('HGET', KEYS[1], ARGV[i])
      heads[#heads + 1] = now and string.sub(now, 1, tonumber(ARGV[1])) or false
    end
    return heads`,
};

/**
 * The values of fields, so many bytes at a time. Key: the hash. Arguments: bytes of a value at most, bytes of the
 * reply, then fields. Answers for each: the value; null where it is missing; 0 where it is too large; 1 where it was
 * left for the next question.
 */
export const READ: RedisScript = {
  keys: 1,
  lua: `
    local most = tonumber(ARGV[1])
    local left = tonumber(ARGV[2])
    local values = {}
    for i = 3, #ARGV do
      local size = redis.call('HSTRLEN', KEYS[1], ARGV[i])
      if size == 0 then
        values[#values + 1] = false
      elseif size > most then
        values[#values + 1] = 0
      elseif size > left and left < tonumber(ARGV[2]) then
        values[#values + 1] = 1
      else
        values[#values + 1] = redis.call('HGET', KEYS[1], ARGV[i])
        left = left - size
      end
    end
    return values`,
};
