import { monotonicMs, systemSleep } from '../../../shared/clock.ts';
import { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { MAP_KEY, serveNext } from './map-server.ts';

export interface CallsJob {
  readonly url: string;
  /** Number of entries in the map. Only one of them belongs to a connector that is up. */
  readonly count: number;
  readonly seconds: number;
  /** The tool that is called, and its arguments. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Whether the map is refreshed every second. One in 200 entries changes each time. */
  readonly isRefreshing: boolean;
  readonly offload: 'auto' | 'never';
  /** Extra work that the main thread does every second, for comparison; null if there is no extra work. */
  readonly beside: (() => Promise<void>) | null;
}

export interface CallsSample {
  /**
   * Latencies of the calls. A latency counts from the time at which the call was due, so it includes a late start (no
   * coordinated omission).
   */
  readonly latenciesMs: readonly number[];
  readonly refreshes: number;
  /** Processor time that this process used per second, in milliseconds. */
  readonly cpuMs: number;
}

const PER_SECOND = 100;
const WARM_UP_CALLS = 100;

/**
 * Calls a tool 100 times a second while the map is refreshed every second. A call does not wait for the call before it
 * (open loop).
 */
export async function measureCalls(job: CallsJob): Promise<CallsSample> {
  const { url, count, seconds, tool, args, isRefreshing, offload, beside } = job;
  await using manager = new ConnectorProxyManager({
    ...{ serviceMapUrl: url, signatureKey: MAP_KEY, offload, proxy: false as const, timeoutMs: 60_000 },
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
  });
  await manager.sync();
  await manager.ready('all', { timeoutMs: 30_000 });
  const call = (): Promise<unknown> => manager.callTool(tool, args);
  for (let made = 0; made < WARM_UP_CALLS; made += 1) await call();
  if (isRefreshing) await serveNext(url, `changed/${Math.max(1, Math.round(count / 200))}`);
  await manager.sync(true);
  await beside?.();
  await systemSleep(500);

  const startedMs = monotonicMs();
  const cpu = process.cpuUsage();
  let refreshes = 0;
  const everySecond = async (): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await systemSleep(Math.max(0, startedMs + second * 1_000 - monotonicMs()));
      if (isRefreshing) await manager.sync(true);
      if (isRefreshing) refreshes += 1;
      await beside?.();
    }
  };
  const refreshing = everySecond();
  const latenciesMs = await Promise.all(
    Array.from({ length: seconds * PER_SECOND }, async (_, index) => {
      const dueMs = startedMs + (index * 1_000) / PER_SECOND;
      await systemSleep(Math.max(0, dueMs - monotonicMs()));
      await call();
      return monotonicMs() - dueMs;
    }),
  );
  await refreshing;
  const { user, system } = process.cpuUsage(cpu);
  return { latenciesMs, refreshes, cpuMs: (user + system) / 1_000 / seconds };
}
