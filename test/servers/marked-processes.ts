import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUN_VARIABLE } from './server-command.ts';

/** A process that a run started and that is still running. */
export interface MarkedProcess {
  readonly pid: number;
  readonly command: string;
}

/** Returns the processes whose environment holds the mark of a run (Linux only). */
function markedProcesses(runId: string): MarkedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const environment = read(`/proc/${name}/environ`);
      if (!environment.split('\0').includes(`${RUN_VARIABLE}=${runId}`)) return [];
      return [{ pid: Number(name), command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() }];
    });
}

/** Waits up to `withinMs` for the processes of a run to end. Resolves with the processes that still run. */
export async function processesLeft(runId: string, withinMs: number): Promise<MarkedProcess[]> {
  const endsAtMs = performance.now() + withinMs;
  for (;;) {
    const left = markedProcesses(runId);
    if (left.length === 0 || performance.now() > endsAtMs) return left;
    await sleep(50);
  }
}

/** Kills the processes that a run left behind, by process id. */
export function killMarked(runId: string): void {
  for (const { pid } of markedProcesses(runId)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // The process has already ended.
    }
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
