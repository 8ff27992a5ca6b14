import type { WriterClient } from '../writer/writer-client.ts';
import type { StoreHealth } from './store-health.ts';

/** Hears which process groups a manager has started, so that another host can end them if this one is killed outright. */
export interface ProgramMemory {
  /** `pid` leads a process group that runs now. */
  started(pid: number): void;
  /** Nothing of that group runs any more. */
  ended(pid: number): void;
  /** Resolves when what was told is on disk, or has failed. Never rejects. */
  flushed(): Promise<void>;
}

/** Without a state folder nothing is noted. */
export const forgetfulProgramMemory: ProgramMemory = {
  started() {},
  ended() {},
  flushed: () => Promise.resolve(),
};

/** Notes the running process groups in the state folder, over the writer. Changes that come meanwhile are written together. */
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
