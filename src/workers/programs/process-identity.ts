import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Names one process for good: a pid alone is given to another process some day. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in words of the operating system that mean something only within one boot. */
  readonly startedAt: string;
}

/** What the operating system tells about processes; null where it tells nothing. */
export interface ProcessTable {
  /** Differs after each boot of the machine. */
  bootId(): string | null;
  /** Null where no such process runs; one that has ended and was not reaped yet does not run. */
  identify(pid: number): (ProcessIdentity & { readonly groupId: number }) | null;
}

/** The processes of this machine, on Linux and macOS; on others nothing is known of any. */
export function createProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  if (platform === 'linux') return { bootId: linuxBootId, identify: identifyOnLinux };
  if (platform === 'darwin') return { bootId: darwinBootId, identify: identifyByPs };
  return { bootId: () => null, identify: () => null };
}

function linuxBootId(): string | null {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

/** proc_pid_stat(5): the command stands in parentheses and may hold anything; state, group and start time follow it. */
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

/** ps(1) of POSIX: the same columns on every Unix. */
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
