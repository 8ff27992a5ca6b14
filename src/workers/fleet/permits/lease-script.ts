import type { RedisScript } from '../redis.ts';

/**
 * Distributes a connector's concurrent calls among holders. One hash has a field for each holder. The field contains
 * the number of calls that the holder may run, and when this number expires. The field also contains since when the
 * holder has waited for more calls (0 if it is not waiting), and the time of its last request. All times are those of
 * the server's clock. One call is reserved for each holder that has waited longer than the holder that asks. The number
 * of a holder is never reduced, because its calls are running.
 *
 * KEYS: the hash. ARGV: holder, limit, held, wanted, ms of a lease.
 * Returns: the new number, ms until the next request, 1 if other holders wait. A holder that does not repeat its
 * request in time loses its place in the queue.
 */
export const LEASE: RedisScript = {
  keys: 1,
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local key, me, limit = KEYS[1], ARGV[1], math.floor(tonumber(ARGV[2]))
local held, wanted, lease = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local others, since, waiters = 0, 0, {}
local fields = redis.call('HGETALL', key)
local pause = math.min(1000, 40 + 5 * #fields)
local forget = 150 + 3 * pause
for i = 1, #fields, 2 do
  local count, lapses, waits, asked = string.match(fields[i + 1], '^(%d+):(%d+):(%d+):(%d+)$')
  count, lapses, waits, asked = tonumber(count), tonumber(lapses), tonumber(waits), tonumber(asked)
  local isBehind = count and (lapses > now + lease or asked > now)
  if isBehind then
    -- The clock was set back.
    lapses, asked = math.min(lapses, now + lease), now
    redis.call('HSET', key, fields[i], string.format('%d:%d:%d:%d', count, lapses, math.min(waits, now), asked))
  end
  local isWaiting = count and waits > 0 and asked + forget > now
  if not count or (lapses <= now and not isWaiting) then
    redis.call('HDEL', key, fields[i])
  elseif fields[i] == me then
    since = isWaiting and waits or 0
  else
    if lapses > now then others = others + count end
    if isWaiting then waiters[#waiters + 1] = { waits, fields[i] } end
  end
end

local ahead = 0
for _, waiter in ipairs(waiters) do
  if since == 0 or waiter[1] < since or (waiter[1] == since and waiter[2] < me) then ahead = ahead + 1 end
end
local more = math.max(0, math.min(wanted - held, limit - others - held - ahead))
local own = held + more
if own >= wanted then since = 0 elseif more > 0 or since == 0 then since = now end
if own > 0 or since > 0 then
  redis.call('HSET', key, me, string.format('%d:%d:%d:%d', own, now + lease, since, now))
  redis.call('PEXPIRE', key, 2 * lease)
else
  redis.call('HDEL', key, me)
end
local retry = own < wanted and pause or 0
return { own, retry, #waiters > 0 and 1 or 0 }
`,
};
