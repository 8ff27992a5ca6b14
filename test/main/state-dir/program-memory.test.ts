import { describe, expect, it } from 'vitest';
import { createProgramMemory, forgetfulProgramMemory } from '../../../src/main/state-dir/program-memory.ts';
import { StoreHealth } from '../../../src/main/state-dir/store-health.ts';
import type { WriterClient } from '../../../src/main/writer/writer-client.ts';
import { recordingLogger } from '../../helpers/log.ts';

/** Creates a fake writer thread that records its requests and responds with `answer`. */
function world(answer: () => Promise<null> = async () => null) {
  const written: (readonly number[])[] = [];
  const api = { notePrograms: (pids: readonly number[]) => void written.push(pids) };
  const ask = (question: (remote: typeof api) => void): Promise<null> => {
    question(api);
    return answer();
  };
  const logger = recordingLogger();
  const health = new StoreHealth('/state', logger);
  return { written, health, memory: createProgramMemory({ ask } as unknown as WriterClient, health) };
}

describe('createProgramMemory', () => {
  it('running processes are recorded, and changes that arrive during a write are merged', async () => {
    const { written, memory } = world();
    memory.started(1);
    memory.started(2);
    memory.ended(1);
    await memory.flushed();
    expect(written).toEqual([[1], [2]]);
    memory.ended(2);
    await memory.flushed();
    expect(written.at(-1)).toEqual([]);
  });

  it('nothing is recorded when an unknown process ends', async () => {
    const { written, memory } = world();
    memory.ended(3);
    await memory.flushed();
    expect(written).toEqual([]);
  });

  it('a failed write of the record of processes is reported in the store health, and recording continues', async () => {
    const { health, memory } = world(() => Promise.reject(new Error('disk full')));
    memory.started(1);
    await memory.flushed();
    expect(health.failure).not.toBeNull();
  });
});

it('no processes are recorded without a state folder', async () => {
  forgetfulProgramMemory.started(1);
  forgetfulProgramMemory.ended(1);
  await expect(forgetfulProgramMemory.flushed()).resolves.toBeUndefined();
});
