import type { RedisScript } from '../redis.ts';

/**
 * Adds to a hash the fields that it does not have yet. KEYS: the hash, the set of scopes. ARGV: the scope, then
 * alternating field and value. Returns the number of added fields. A key that is not a hash is replaced.
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
 * Replaces pins with approved pins. KEYS: the hash, the set of scopes. ARGV: the scope, then field, version and value
 * of each pin. A value begins with its version and a colon. Pins of the same or a higher version stay. Returns 1 for
 * each pin that was replaced, else 0.
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
 * Writes tool lists into the catalogue. KEYS: the hash, the set of scopes. ARGV: the scope, the time to live in ms,
 * then field, digest and value of each list. A value begins with its digest. Lists with the same digest stay. Returns 1
 * for each list that was written, else 0.
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
 * Removes an invalid field, unless its value has changed. KEYS: the hash. ARGV: the field, the SHA-1 (hex) of the
 * value.
 */
export const REMOVE_REFUSED: RedisScript = {
  keys: 1,
  lua: `
    local now = redis.call('HGET', KEYS[1], ARGV[1])
    if now and redis.sha1hex(now) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
    return 0`,
};

/**
 * Reads the first bytes of each field. KEYS: the hash. ARGV: the number of bytes, then the fields. Returns null for
 * each missing field.
 */
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
 * Reads the values of fields, as many as fit into one reply. KEYS: the hash. ARGV: the maximum bytes of a value and of
 * the reply, then the fields. Returns for each field its value, null if it is missing, 0 if it is too large, or 1 if it
 * did not fit.
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
