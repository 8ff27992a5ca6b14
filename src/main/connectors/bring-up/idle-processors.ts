import { type CpuInfo, cpus } from 'node:os';

/** Measures how idle this machine's processors were since the last call. */
export interface IdleProcessors {
  /** Starts a measurement now. */
  begin(): void;
  /** Returns the share of processor time that was idle since `begin` or the last call: 0 to 1. */
  take(): number;
}

/**
 * Creates a measurement based on the processor times from the operating system. The times cover the whole machine, so
 * they do not reflect the quota of a container.
 */
export function createIdleProcessors(read: () => readonly Pick<CpuInfo, 'times'>[] = cpus): IdleProcessors {
  let before = sumOf(read());
  return {
    begin() {
      before = sumOf(read());
    },
    take() {
      const now = sumOf(read());
      const total = now.total - before.total;
      const share = total > 0 ? (now.idle - before.idle) / total : 0;
      before = now;
      return share;
    },
  };
}

/** Returns the idle time and the total time, in milliseconds, summed over all processors. */
function sumOf(processors: readonly Pick<CpuInfo, 'times'>[]): { readonly idle: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of processors) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
