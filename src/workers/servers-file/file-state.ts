import { statSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';

/** Time after which a program that writes the file in place has surely finished. */
const SETTLED_MS = 2_000;

const GONE = { mtimeNs: 0n, ctimeNs: 0n, size: 0n, ino: 0n };

/** Returns a stamp that differs between any two states of the file at `path`. All missing files share one stamp. */
export function stampOf(path: string): string {
  const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? GONE;
  return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
}

/** Returns the size in bytes; 0 for a missing file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Whether another program may still be writing the file. A file with a time far in the future counts as an old file.
 */
export function isJustWritten(path: string): boolean {
  const { mtimeMs = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return Math.abs(systemClock.now() - mtimeMs) < SETTLED_MS;
}
