import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from '../../shared/errors.ts';
import { createProcessTable, type ProcessTable } from '../programs/process-identity.ts';

/** Names this process in a lease, and tells whether the process that another lease names has certainly ended. */
export interface LeaseOwners {
  readonly own: () => string;
  /**
   * Whether the process has certainly ended. False if this cannot be determined, as for a process on another machine or
   * in another container: its lease has to expire.
   */
  readonly isGone: (owner: string) => boolean;
}

/** Creates the lease owners for processes of this machine. */
export function createLeaseOwners(table: ProcessTable = createProcessTable()): LeaseOwners {
  let own: string | null = null;
  const scope = scopeOf(table);
  return {
    own() {
      own ??= [scope, process.pid, table.identify(process.pid)?.startedAt ?? ''].join('\n');
      return own;
    },
    isGone(owner) {
      const [where, pidText, startedAt = ''] = owner.split('\n');
      const pid = Number(pidText);
      // With a pid below 1, the signal would go to a whole process group.
      if (where !== scope || !Number.isSafeInteger(pid) || pid < 1) return false;
      const found = table.identify(pid);
      if (found !== null) return startedAt !== '' && found.startedAt !== startedAt;
      // A process of another user may be hidden (proc(5), hidepid). A process that has ended but was not reaped yet can
      // still receive signals.
      const refusal = signalCode(pid);
      return startedAt === '' ? refusal === 'ESRCH' : refusal !== 'EPERM';
    },
  };
}

/**
 * Names the boot and the pid namespace. A pid is only meaningful within one boot and one namespace, because containers
 * may share a folder but have different pids.
 */
function scopeOf(table: ProcessTable): string {
  const bootId = table.bootId();
  return bootId === null ? `host ${hostname()}` : `${bootId} ${pidNamespace()}`;
}

function pidNamespace(): string {
  if (process.platform !== 'linux') return '';
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    // Some sandboxes hide the namespace. Any other process that cannot see it runs in the same kind of sandbox.
    return codeOf(error) ?? '';
  }
}

function signalCode(pid: number): string | null {
  try {
    process.kill(pid, 0);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}
