import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from '../../shared/errors.ts';
import { createProcessTable, type ProcessTable } from '../programs/process-identity.ts';

/** Provides the name of this process as a lease owner, and checks whether the owner of another lease has ended. */
export interface LeaseOwners {
  readonly own: () => string;
  /**
   * Whether the process has certainly ended. False if this cannot be determined, for example on another machine or in
   * another container. The lease then has to expire.
   */
  readonly isGone: (owner: string) => boolean;
}

/** Creates the lease owners for the processes of this machine. */
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
      // With a pid below 1, a signal would go to a whole process group.
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
 * Returns a name for the current boot and pid namespace. Only pids from the same boot and namespace are comparable.
 * Containers with separate namespaces may share a folder.
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
    // Some sandboxes hide the namespace. All processes in such a sandbox use the error code as its name.
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
