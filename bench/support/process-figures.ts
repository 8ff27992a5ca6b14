import { readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks per second, which Linux reports to user space on every machine (USER_HZ, proc(5)). */
const TICKS_PER_SECOND = 100;

/**
 * Returns the CPU milliseconds of a process so far, of all threads; null if the system does not report it (Linux does).
 */
export function cpuMsOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  // The command, in parentheses, may hold any character.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}

/**
 * Returns the resident bytes of a process, now and at most since {@link forgetPeak}; null if the system does not report
 * it.
 */
export function memoryOf(pid: number): { readonly rssBytes: number; readonly peakBytes: number } | null {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024;
  return { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/** Restarts the peak count of a process; false if the system does not support that. */
export function forgetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
