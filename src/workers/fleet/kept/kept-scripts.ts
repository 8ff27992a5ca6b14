import type { RedisScript } from '../redis.ts';

/**
 * Adds fields to a hash if they are missing. Keys: the hash, the set of scopes. Arguments: the scope, then alternating
 * field and value. Returns the number of added fields. A key of the wrong type is replaced, because the key may only
 * hold a hash.
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
 * Replaces pins with approved pins. Keys: the hash, the set of scopes. Arguments: the scope, then field, version and
 * value of each pin. A value begins with its version and a colon; a pin of the same or a higher version stays. Returns
 * 1 or 0 for each.
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
 * Adds lists to the catalogue. Keys: the hash, the set of scopes. Arguments: the scope, the time to live in ms, then
 * field, digest and value of each list. A value begins with its digest; a list with the same digest stays. Returns 1 or
 * 0 for each.
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
 * Removes a rejected field, unless its value has changed meanwhile. Key: the hash. Arguments: field, SHA-1 of the
 * value, hex.
 */
export const REMOVE_REFUSED: RedisScript = {
  keys: 1,
  lua: `
    local now = redis.call('HGET', KEYS[1], ARGV[1])
    if now and redis.sha1hex(now) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
    return 0`,
};

/** Reads the first bytes of each field, or null. Key: the hash. Arguments: the number of bytes, then fields. */
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
 * Reads the values of fields, up to a number of bytes at a time. Key: the hash. Arguments: maximum bytes of a value,
 * bytes of the reply, then fields. Returns for each field: the value; null if it is missing; 0 if it is too large; 1 if
 * it was left for the next request.
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
