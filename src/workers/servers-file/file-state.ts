import { statSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';

/** A program that writes the file without replacing it has finished after this time. */
const SETTLED_MS = 2_000;

const GONE = { mtimeNs: 0n, ctimeNs: 0n, size: 0n, ino: 0n };

/**
 * Returns a string that is different for any two states of the file at `path`. All missing files have the same string.
 */
export function stampOf(path: string): string {
  const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? GONE;
  return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
}

/** Returns the size of a file in bytes, or 0 if it is missing. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Whether another program may still be writing the file. A file whose time is far in the future counts as old. */
export function isJustWritten(path: string): boolean {
  const { mtimeMs = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return Math.abs(systemClock.now() - mtimeMs) < SETTLED_MS;
}
