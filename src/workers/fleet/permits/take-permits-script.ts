import type { RedisScript } from '../redis.ts';

/**
 * Counts permits in buckets of time, on the server's clock. All windows of a connector are in one hash, with the field
 * `epoch` and one field for each bucket in use. For example, `m123` is bucket 123 of the minute. A bucket counts until
 * it is older than the window plus the time that a permit may be held. The count of a window is therefore never lower
 * than that of an exact sliding window over the calls. If only the current and the previous window were counted, almost
 * twice the limit could get through.
 *
 * After a clock was set back, buckets may lie in the future. They count as if they were current.
 *
 * KEYS: the hash.
 * ARGV: an epoch for a new hash, hold ms, wanted, number of windows, then letter, ms, bucket ms, limit and spent of
 * each, then count and time of each return.
 * Returns: granted, ms until there is room for one, the server's time in epoch ms, the epoch.
 */
export const TAKE_PERMITS: RedisScript = {
  keys: 1,
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local key, hold, wanted = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local name = string.format

local windows, last = {}, 4
for _ = 1, tonumber(ARGV[4]) do
  local w = { letter = ARGV[last + 1], ms = tonumber(ARGV[last + 2]), bucket = tonumber(ARGV[last + 3]),
    limit = tonumber(ARGV[last + 4]), counts = {}, sum = 0 }
  w.current = math.floor(now / w.bucket)
  w.oldest = math.floor((now - w.ms - hold) / w.bucket)
  w.add = tonumber(ARGV[last + 5])
  windows[w.letter] = w
  last = last + 5
end

local epoch
local fields = redis.call('HGETALL', key)
for i = 1, #fields, 2 do
  local w = windows[string.sub(fields[i], 1, 1)]
  local bucket, count = tonumber(string.sub(fields[i], 2)), tonumber(fields[i + 1])
  if fields[i] == 'epoch' then
    epoch = fields[i + 1]
  elseif w and bucket and count then
    if bucket < w.oldest then
      redis.call('HDEL', key, fields[i])
    elseif bucket > w.current then
      redis.call('HDEL', key, fields[i])
      w.add = w.add + count
    else
      w.counts[bucket] = count
    end
  end
end
if not epoch then
  epoch = ARGV[1]
  redis.call('HSET', key, 'epoch', epoch)
end

local room, longest = wanted, 0
for letter, w in pairs(windows) do
  for i = last + 1, #ARGV, 2 do
    local bucket = math.floor(tonumber(ARGV[i + 1]) / w.bucket)
    local back = math.min(tonumber(ARGV[i]), w.counts[bucket] or 0)
    if back > 0 then
      w.counts[bucket] = w.counts[bucket] - back
      redis.call('HINCRBY', key, name('%s%d', letter, bucket), -back)
    end
  end
  for _, count in pairs(w.counts) do w.sum = w.sum + count end
  w.sum = w.sum + w.add
  room = math.min(room, math.floor(w.limit) - w.sum)
  longest = math.max(longest, w.ms)
end
local granted = math.max(0, room)

local retry = 0
for letter, w in pairs(windows) do
  local add = w.add + granted
  if add > 0 then
    w.counts[w.current] = (w.counts[w.current] or 0) + add
    redis.call('HINCRBY', key, name('%s%d', letter, w.current), add)
  end
  if granted < wanted then
    local over = w.sum + granted - math.floor(w.limit) + 1
    if over > 0 then
      local at = w.current
      for bucket = w.oldest, w.current do
        over = over - (w.counts[bucket] or 0)
        if over <= 0 then at = bucket break end
      end
      retry = math.max(retry, (at + 1) * w.bucket + w.ms + hold - now)
    end
  end
end
redis.call('PEXPIRE', key, 2 * longest)
return { granted, retry, now, epoch }
`,
};
