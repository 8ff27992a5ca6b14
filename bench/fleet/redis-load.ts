import type { RedisServer } from '../../test/helpers/fleet/redis-server.ts';
import { parseInfo } from './parse-info.ts';

/** What a Redis server did in a period, according to its own counters. */
export interface RedisLoad {
  /** Commands per second by name, including commands that scripts call. */
  readonly commands: Readonly<Record<string, number>>;
  readonly sentBytesPerSecond: number;
  readonly connections: number;
  readonly memoryBytes: number;
}

/** Measures what a Redis server does while `work` runs. */
export async function redisLoadDuring(server: RedisServer, work: () => Promise<unknown>): Promise<RedisLoad> {
  const before = parseInfo(String(await server.do('INFO', 'everything')));
  const startedMs = performance.now();
  await work();
  const after = parseInfo(String(await server.do('INFO', 'everything')));
  const seconds = (performance.now() - startedMs) / 1_000;
  const rate = (one: number | undefined, other: number | undefined): number => ((one ?? 0) - (other ?? 0)) / seconds;
  const names = Object.keys(after.calls);
  return {
    commands: Object.fromEntries(names.map((name) => [name, rate(after.calls[name], before.calls[name])])),
    sentBytesPerSecond: rate(after.sentBytes, before.sentBytes),
    connections: after.connections,
    memoryBytes: after.memoryBytes,
  };
}

/** Returns the peak memory of the Redis server since it started. */
export async function peakMemoryOf(server: RedisServer): Promise<number> {
  return parseInfo(String(await server.do('INFO', 'memory'))).peakMemoryBytes;
}
