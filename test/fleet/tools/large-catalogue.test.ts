import { describe, expect, it } from 'vitest';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { memoryOn, recordOf, SCOPE, tool, toolMemory } from '../../helpers/fleet/tool-memory-under-test.ts';

const CONNECTORS = 1_000;
const TOOLS = 20;

/**
 * Maximum number of connectors that one turn of the event loop may handle. With these tools, this is a few milliseconds
 * of work.
 */
const MAX_IN_TURN = 8;

/** Counts the work in each turn of this thread's event loop, and measures its processor time. */
function watchTurns() {
  let [now, most, longestMs] = [0, 0, 0];
  let isOver = false;
  let before = process.threadCpuUsage();
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1_000);
    most = Math.max(most, now);
    now = 0;
    before = process.threadCpuUsage();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return {
    count(): void {
      now += 1;
    },
    stop() {
      isOver = true;
      return { most: Math.max(most, now), longestMs };
    },
  };
}

describe.skipIf(!hasRedis)('the tools of 1 000 connectors in Redis', () => {
  it('a host reads 20 000 tools from Redis a few connectors at a time, so that its event loop keeps running', {
    timeout: 120_000,
  }, async ({ annotate }) => {
    await using redis = await RedisServer.start();
    await using host = await toolMemory(redis);
    const text = 'Describes what the tool does, when to use it, and what it returns to the caller. '.repeat(8);
    const remember = (index: number) => {
      const tools = Array.from({ length: TOOLS }, (_, at) => tool(`tool-${at}`, `${index} ${at} ${text}`));
      return host.memory.remember(recordOf(`connector-${index}`, ...tools));
    };
    for (let from = 0; from < CONNECTORS; from += 20)
      await Promise.all(Array.from({ length: 20 }, (_, at) => remember(from + at)));
    await expect.poll(() => redis.do('HLEN', `{sw:tests}:tools:${SCOPE}`), { timeout: 40_000 }).toBe(CONNECTORS);

    await using fresh = memoryOn(host);
    const turns = watchTurns();
    await fresh.memory.restore((connector) => {
      turns.count();
      fresh.restored.push(connector);
    });
    await expect.poll(() => fresh.restored.length, { timeout: 40_000 }).toBe(CONNECTORS);
    const { most, longestMs } = turns.stop();
    expect(fresh.restored.flatMap(({ tools }) => tools)).toHaveLength(CONNECTORS * TOOLS);
    expect(fresh.restored.flatMap(({ changes }) => changes)).toEqual([]);
    expect(most).toBeLessThanOrEqual(MAX_IN_TURN);
    await annotate(`The longest turn took ${longestMs} ms of processor time`);
  });
});
