import { MAX_HEAD_BYTES } from '../../../shared/fleet/map-head.ts';
import type { RedisScript } from '../redis.ts';

/** Marker that a script returns if the stored head is not a string or is too long. */
export const ABSURD_STATE = '!';

/** Marker that is sent as the expected head if any stored head may be replaced. */
export const ANY_STATE = '*';

/** Message on the channel of a map. It says that the leader is active, but has no head to announce. */
export const BEAT = 'BEAT';

/**
 * Message on the channel of a map. It says that the leader has stepped down, so that another host may lead immediately.
 */
export const FREE = 'FREE';

/** The key may have any type, such as a list. Reading it with `pcall` prevents an error from ending the script. */
const IS_MINE = `redis.pcall('get', KEYS[1]) == ARGV[1]`;

const STATE = `
local function state(key)
  if redis.call('type', key).ok == 'none' then return '' end
  local length = redis.pcall('strlen', key)
  if type(length) ~= 'number' or length > ${MAX_HEAD_BYTES} then return '${ABSURD_STATE}' end
  return redis.call('get', key)
end`;

/**
 * Takes the lease if it is free. KEYS: lease, fence. ARGV: host id, ms, channel. Returns [1, fence], or [0, ms until
 * the lease of the other host expires]. A key does not count as a lease if it has no expiry, or expires later than any
 * lease can.
 */
export const TAKE_LEASE: RedisScript = {
  keys: 2,
  lua: `
local kind = redis.call('type', KEYS[1]).ok
if kind ~= 'none' then
  local left = redis.call('pttl', KEYS[1])
  if kind == 'string' and left >= 0 and left <= tonumber(ARGV[2]) then return {0, left} end
end
local fence = redis.pcall('incr', KEYS[2])
if type(fence) ~= 'number' or fence < 1 or fence > ${Number.MAX_SAFE_INTEGER - 1} then
  fence = 1
  redis.call('set', KEYS[2], fence)
end
redis.call('set', KEYS[1], ARGV[1] .. ':' .. string.format('%.0f', fence), 'px', ARGV[2])
redis.call('publish', ARGV[3], '${BEAT}')
return {1, fence}`,
};

/**
 * Renews a lease, publishes the heartbeat (beat), and returns the stored state. KEYS: lease, head, body. ARGV: token,
 * ms, channel, beat ('' for none), '1' to get the digest of the body. Returns [1, head, length of the body or -1, its
 * SHA-1 or '']. If this host no longer has the lease, returns [0, 1 if another host has it].
 */
export const RENEW_LEASE: RedisScript = {
  keys: 3,
  lua: `${STATE}
if not (${IS_MINE}) then return {0, redis.call('exists', KEYS[1])} end
redis.call('pexpire', KEYS[1], ARGV[2])
if ARGV[4] ~= '' then redis.call('publish', ARGV[3], ARGV[4]) end
local length, digest = -1, ''
if redis.call('type', KEYS[3]).ok == 'string' then
  length = redis.call('strlen', KEYS[3])
  if ARGV[5] == '1' then digest = redis.sha1hex(redis.call('get', KEYS[3])) end
end
return {1, state(KEYS[2]), length, digest}`,
};

/** Releases a lease. KEYS: lease. ARGV: token, channel. */
export const RELEASE_LEASE: RedisScript = {
  keys: 1,
  lua: `
if not (${IS_MINE}) then return 0 end
redis.call('del', KEYS[1])
redis.call('publish', ARGV[2], '${FREE}')
return 1`,
};

/**
 * Publishes a body while the lease is valid: writes body, patch and head, then sends the head to the channel. Body and
 * patch were uploaded before, in pieces, under temporary names. KEYS: lease, head, body, patch, previous body and
 * patch, uploaded body and patch. ARGV: token, expected head, head, ms, channel, length of the body, of the patch (0
 * for none), ms of the patch, ms that the previous body and patch are kept. Returns `done`, `fenced`, `changed` if the
 * head is not the expected head, or `lost` if the uploads are incomplete.
 */
export const PUT_MAP: RedisScript = {
  keys: 8,
  lua: `${STATE}
local function whole(key, length) return redis.pcall('strlen', key) == tonumber(length) end
if not (${IS_MINE}) then return 'fenced' end
if ARGV[2] ~= '${ANY_STATE}' and state(KEYS[2]) ~= ARGV[2] then return 'changed' end
if not whole(KEYS[7], ARGV[6]) or not whole(KEYS[8], ARGV[7]) then return 'lost' end
redis.call('rename', KEYS[7], KEYS[3])
redis.call('pexpire', KEYS[3], ARGV[4])
if ARGV[7] ~= '0' then
  redis.call('rename', KEYS[8], KEYS[4])
  redis.call('pexpire', KEYS[4], ARGV[8])
end
redis.call('set', KEYS[2], ARGV[3], 'px', ARGV[4])
redis.call('publish', ARGV[5], ARGV[3])
if KEYS[5] ~= KEYS[3] then redis.call('pexpire', KEYS[5], ARGV[9], 'lt') end
if KEYS[6] ~= KEYS[4] then redis.call('pexpire', KEYS[6], ARGV[9], 'lt') end
return 'done'`,
};

/**
 * Publishes only a head while the lease is valid, for a body that is already stored. KEYS: lease, head, body. ARGV:
 * token, expected head, head, ms, channel. Returns the same values as {@link PUT_MAP}, or `bodiless` if the body is
 * missing.
 */
export const PUT_HEAD: RedisScript = {
  keys: 3,
  lua: `${STATE}
if not (${IS_MINE}) then return 'fenced' end
if ARGV[2] ~= '${ANY_STATE}' and state(KEYS[2]) ~= ARGV[2] then return 'changed' end
if redis.call('type', KEYS[3]).ok ~= 'string' then return 'bodiless' end
redis.call('pexpire', KEYS[3], ARGV[4])
redis.call('set', KEYS[2], ARGV[3], 'px', ARGV[4])
redis.call('publish', ARGV[5], ARGV[3])
return 'done'`,
};
