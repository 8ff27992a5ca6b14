import { monotonicMs, startTimer, systemClock, type Timer } from '../../../shared/clock.ts';
import { lastLineOf } from '../../connectors/connection/process-view.ts';
import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import { printable, say } from './output.ts';

/** Time before the first line is printed, in milliseconds. Most connectors are up by then. */
const QUIET_MS = 3_000;

/** Minimum time between two lines about the same connector, in milliseconds. */
const REPEAT_MS = 5_000;

const LOOK_MS = 1_000;

/**
 * Prints to stderr which connectors are still starting, how long they have been starting, and the last line of their
 * output. Prints nothing in the first 3 s, and at most one line every 5 s for each connector. Disposing of the returned
 * object stops the output.
 */
export function tellStarting(connectors: () => readonly ConnectorStatus[]): Disposable {
  const toldMs = new Map<string, number>();
  let timer: Timer;
  const look = (): void => {
    for (const status of connectors()) {
      const nowMs = monotonicMs();
      if (status.state !== 'connecting' || nowMs - (toldMs.get(status.id) ?? -REPEAT_MS) < REPEAT_MS) continue;
      const ageMs = systemClock.now() - status.since;
      if (ageMs < QUIET_MS) continue;
      toldMs.set(status.id, nowMs);
      say(startingLine(status, ageMs));
    }
    timer = startTimer(LOOK_MS, look);
  };
  timer = startTimer(QUIET_MS, look);
  return { [Symbol.dispose]: () => timer.cancel() };
}

/** Formats a line such as "  name: starting for 8 s: last line of the output". */
export function startingLine({ id, process }: ConnectorStatus, ageMs: number): string {
  const line = process === null ? '' : lastLineOf(process);
  return `  ${id}: starting for ${Math.round(ageMs / 1000)} s${line === '' ? '' : `: ${printable(line)}`}`;
}
