import type { WriterClient } from '../writer/writer-client.ts';
import type { StoreHealth } from './store-health.ts';

/** Records the process groups that a manager has started, so that another host can end them if this host is killed. */
export interface ProgramMemory {
  /** Records a running process group, by the pid of its leader. */
  started(pid: number): void;
  /** Records that no process of the group is running any more. */
  ended(pid: number): void;
  /** Resolves when all records are on disk, or have failed. Never rejects. */
  flushed(): Promise<void>;
}

/** Records nothing, for hosts without a state folder. */
export const forgetfulProgramMemory: ProgramMemory = {
  started() {},
  ended() {},
  flushed: () => Promise.resolve(),
};

/**
 * Records the running process groups in the state folder, by means of the writer thread. Changes that arrive during a
 * write are written together.
 */
export function createProgramMemory(writer: WriterClient, health: StoreHealth): ProgramMemory {
  const running = new Set<number>();
  let isBehind = false;
  let writing: Promise<void> | null = null;
  const write = async (): Promise<void> => {
    while (isBehind) {
      isBehind = false;
      await writer.ask((api) => api.notePrograms([...running])).catch((error: unknown) => health.failed(error));
    }
    writing = null;
  };
  const changed = (): void => {
    isBehind = true;
    writing ??= write();
  };
  return {
    started(pid) {
      running.add(pid);
      changed();
    },
    ended(pid) {
      if (running.delete(pid)) changed();
    },
    flushed: () => writing ?? Promise.resolve(),
  };
}
