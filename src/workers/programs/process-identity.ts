import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Identifies one process. A pid alone is not enough, because the system reuses pids. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in a format of the operating system. Only comparable within one boot. */
  readonly startedAt: string;
}

/** Reads what the operating system knows about processes. The methods return null if it knows nothing. */
export interface ProcessTable {
  /** Returns an id that changes with each boot of the machine. */
  bootId(): string | null;
  /**
   * Returns null if no such process is running. A process that has ended but was not reaped yet does not count as
   * running.
   */
  identify(pid: number): (ProcessIdentity & { readonly groupId: number }) | null;
}

/** Creates the process table of this machine, on Linux and macOS. On other systems every lookup returns null. */
export function createProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  if (platform === 'linux') return { bootId: linuxBootId, identify: identifyOnLinux };
  if (platform === 'darwin') return { bootId: darwinBootId, identify: identifyByPs };
  return { bootId: () => null, identify: () => null };
}

function linuxBootId(): string | null {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

/**
 * Parses proc_pid_stat(5). The command is in parentheses and may contain any characters. State, group and start time
 * come after it.
 */
function identifyOnLinux(pid: number): ReturnType<ProcessTable['identify']> {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, groupId, startedAt] = [fields[0], fields[2], fields[19]];
  if (state === undefined || groupId === undefined || startedAt === undefined || /[ZX]/.test(state)) return null;
  return { pid, groupId: Number(groupId), startedAt };
}

function darwinBootId(): string | null {
  return attempt(() => execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim());
}

/** Uses the POSIX command ps(1), which has the same columns on every Unix. */
export function identifyByPs(pid: number): ReturnType<ProcessTable['identify']> {
  const args = ['-o', 'stat=', '-o', 'pgid=', '-o', 'lstart=', '-p', String(pid)];
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const line = attempt(() => execFileSync('ps', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }));
  const [, state, groupId, startedAt] = /^\s*(\S+)\s+(\d+)\s+(\S.*\S)\s*$/.exec(line ?? '') ?? [];
  if (state === undefined || startedAt === undefined || state.startsWith('Z')) return null;
  return { pid, groupId: Number(groupId), startedAt };
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
