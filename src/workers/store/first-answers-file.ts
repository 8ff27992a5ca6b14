import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EPOCH_FILE, isFirstAnswersName, MAX_FIRST_ANSWERS_FILES } from '../../shared/protocol/first-answers.ts';
import { replaceDurably } from '../servers-file/durable-file.ts';

/**
 * Writes a file of first answers, the prepared responses for a fast start. If `bytes` is null, removes the file. Throws
 * the error of the file system.
 */
export function writeFirstAnswers(stateDir: string, name: string, bytes: Uint8Array | null): void {
  const path = join(stateDir, name);
  if (bytes === null) {
    rmSync(path, { force: true });
    return;
  }
  // A symbolic link at this path was created by another program, so it is replaced and not followed.
  replaceDurably(path, bytes, () => true, false);
  const others = readdirSync(stateDir).filter((other) => isFirstAnswersName(other) && other !== name);
  if (others.length < MAX_FIRST_ANSWERS_FILES) return;
  const byAge = others.map((other) => ({ other, ms: writtenAtMs(join(stateDir, other)) })).sort((a, b) => b.ms - a.ms);
  for (const { other } of byAge.slice(MAX_FIRST_ANSWERS_FILES - 1)) rmSync(join(stateDir, other), { force: true });
}

/** Invalidates all first answers that are stored in a folder. Throws the error of the file system. */
export function raiseEpoch(stateDir: string): void {
  replaceDurably(join(stateDir, EPOCH_FILE), randomUUID(), () => true, false);
}

/** Returns when a file was written, or 0 if another process has removed it. */
function writtenAtMs(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
