import type { RedisScript } from '../redis.ts';

/**
 * The scripts for shared logins. All rows are fields of one hash. The value of a field is the generation in digits, a
 * colon, and the encrypted box. A key that is not a hash was written by another program, and the next write removes it.
 */

/**
 * Maximum number of rows in a fleet, maximum bytes of one row, and maximum bytes of all rows. Hosts never write more.
 */
const MAX_ROWS = 20_000;
const MAX_ROW_BYTES = 65_536;
const MAX_BYTES = 64 * 1024 * 1024;

const HASH_ONLY = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
`;

/** Reads rows. KEYS: hash. ARGV: names of rows, or nothing to read all rows. Returns alternating names and values. */
export const READ_ROWS: RedisScript = {
  keys: 1,
  lua: `
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return {} end
local names = ARGV
if #ARGV == 0 then
  if redis.call('HLEN', KEYS[1]) > ${MAX_ROWS} then return redis.error_reply('too many rows of logins') end
  names = redis.call('HKEYS', KEYS[1])
end
local found, total = {}, 0
for _, name in ipairs(names) do
  local length = redis.call('HSTRLEN', KEYS[1], name)
  if length > 0 and length <= ${MAX_ROW_BYTES} then
    total = total + length
    if total > ${MAX_BYTES} then return redis.error_reply('too many bytes of logins') end
    found[#found + 1] = name
    found[#found + 1] = redis.call('HGET', KEYS[1], name)
  end
end
return found
`,
};

/**
 * Writes a row, unless a newer one is stored. KEYS: hash. ARGV: name, generation, value, a value that may be replaced
 * even if it is newer ('' for none), channel, message.
 */
export const WRITE_ROW: RedisScript = {
  keys: 1,
  lua: `${HASH_ONLY}
local now = redis.call('HGET', KEYS[1], ARGV[1])
if now and now ~= ARGV[4] and #now <= ${MAX_ROW_BYTES} then
  local generation = tonumber(string.match(now, '^(%d+):'))
  if generation == nil or generation >= tonumber(ARGV[2]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return 1
`,
};

/**
 * Begins a turn, which is the right to refresh a login. KEYS: hash, lease. ARGV: turn, milliseconds, names of the login
 * row and of the intent row. If the lease key expires after more than twice these milliseconds, it is not a valid
 * lease.
 */
export const BEGIN_TURN: RedisScript = {
  keys: 2,
  lua: `
local rest = redis.call('PTTL', KEYS[2])
if rest == -1 or rest > 2 * tonumber(ARGV[2]) then redis.call('DEL', KEYS[2]) end
local isMine = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
local wait = 0
if not isMine then wait = math.max(1, redis.call('PTTL', KEYS[2])) end
local isHash = redis.call('TYPE', KEYS[1]).ok == 'hash'
local login = isHash and redis.call('HGET', KEYS[1], ARGV[3]) or false
local intent = isHash and redis.call('HGET', KEYS[1], ARGV[4]) or false
return { tostring(wait), login, intent }
`,
};

/** Stores the intent to refresh a login. KEYS: hash, lease. ARGV: turn, name, value, channel, message. */
export const MARK_TURN: RedisScript = {
  keys: 2,
  lua: `
if redis.call('TYPE', KEYS[2]).ok ~= 'string' or redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
${HASH_ONLY}
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
`,
};

/** Renews the lease of a turn. KEYS: lease. ARGV: turn, milliseconds. */
export const RENEW_TURN: RedisScript = {
  keys: 1,
  lua: `
if redis.call('TYPE', KEYS[1]).ok ~= 'string' or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`,
};

/** Ends a turn. KEYS: hash, lease. ARGV: turn, the name of an intent to remove ('' for none), channel, message. */
export const END_TURN: RedisScript = {
  keys: 2,
  lua: `
if redis.call('TYPE', KEYS[2]).ok ~= 'string' or redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if ARGV[2] ~= '' and redis.call('TYPE', KEYS[1]).ok == 'hash' then
  redis.call('HDEL', KEYS[1], ARGV[2])
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return 1
`,
};
