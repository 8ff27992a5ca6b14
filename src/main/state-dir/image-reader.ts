import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readStartImage, type StartImage, startImageName } from '../../shared/protocol/start-image.ts';

/** Twice what the writer puts into one. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Reads the start image of a scope, without a thread of its own. Null where there is none that is good: the store has it all. Never rejects. */
export async function loadStartImage(stateDir: string, scope: string): Promise<StartImage | null> {
  try {
    await using file = await open(join(stateDir, startImageName(scope)), 'r');
    const { size } = await file.stat();
    return size > MAX_BYTES ? null : readStartImage(await file.readFile(), scope);
  } catch {
    return null;
  }
}
