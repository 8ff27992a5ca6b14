import { statSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';

/** Who writes a file in place has written all of it by then. */
const SETTLED_MS = 2_000;

const GONE = { mtimeNs: 0n, ctimeNs: 0n, size: 0n, ino: 0n };

/** Tells a file, as it is, from any other that is or was at its path; one for each that is not there. */
export function stampOf(path: string): string {
  const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? GONE;
  return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
}

/** In bytes; 0 for one that is not there. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Whether somebody may still be in the midst of writing it. One from the future is as old as one from long ago. */
export function isJustWritten(path: string): boolean {
  const { mtimeMs = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return Math.abs(systemClock.now() - mtimeMs) < SETTLED_MS;
}
