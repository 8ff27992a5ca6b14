import { readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks per second in /proc. On Linux, this number is the same on all machines (USER_HZ, proc(5)). */
const TICKS_PER_SECOND = 100;

/**
 * Returns the processor time that a process and its threads have used, in milliseconds. Returns null if the operating
 * system is not Linux.
 */
export function cpuMsOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  // The name of the command is in parentheses, and may itself contain any character. So the fields after the last
  // parenthesis are read.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}

/**
 * Returns the resident memory of a process in bytes: the current size, and the peak since {@link forgetPeak} was
 * called. Returns null if the operating system does not report it.
 */
export function memoryOf(pid: number): { readonly rssBytes: number; readonly peakBytes: number } | null {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024;
  return { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/**
 * Makes the operating system measure the peak memory of a process from now on. Returns false if this is not supported.
 */
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
