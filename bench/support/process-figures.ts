import { readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks a second, as Linux tells user space on every machine (USER_HZ, proc(5)). */
const TICKS_PER_SECOND = 100;

/** Milliseconds of CPU that a process has used so far, all of its threads; null where the system does not tell (it does on Linux). */
export function cpuMsOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  // The command, in parentheses, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}

/** Bytes of a process that are in memory now, and the most since {@link forgetPeak}; null where the system does not tell. */
export function memoryOf(pid: number): { readonly rssBytes: number; readonly peakBytes: number } | null {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024;
  return { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/** Has the peak of a process count from now on; false where that is not to be had. */
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
