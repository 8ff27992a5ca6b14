import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from '../../shared/errors.ts';
import { createProcessTable, type ProcessTable } from '../programs/process-identity.ts';

/** Names this process in a lease, and tells of other names whether their process has surely ended. */
export interface LeaseOwners {
  readonly own: () => string;
  /** False where nobody can tell, as for a process of another machine or container: its lease has to run out. */
  readonly isGone: (owner: string) => boolean;
}

/** Leases of the processes of this machine. */
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
      // Below 1 a signal would mean a group.
      if (where !== scope || !Number.isSafeInteger(pid) || pid < 1) return false;
      const found = table.identify(pid);
      if (found !== null) return startedAt !== '' && found.startedAt !== startedAt;
      // A process of another user may be hidden (proc(5), hidepid). One that has ended and was not reaped yet can
      // still be signalled.
      const refusal = signalCode(pid);
      return startedAt === '' ? refusal === 'ESRCH' : refusal !== 'EPERM';
    },
  };
}

/** Pids mean something within one boot and one namespace: containers may share a folder and not their pids. */
function scopeOf(table: ProcessTable): string {
  const bootId = table.bootId();
  return bootId === null ? `host ${hostname()}` : `${bootId} ${pidNamespace()}`;
}

function pidNamespace(): string {
  if (process.platform !== 'linux') return '';
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    // Not every sandbox shows it. Processes that cannot see it either are in the same kind of sandbox.
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
