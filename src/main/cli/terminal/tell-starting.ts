import { monotonicMs, startTimer, systemClock, type Timer } from '../../../shared/clock.ts';
import { lastLineOf } from '../../connectors/connection/process-view.ts';
import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import { printable, say } from './output.ts';

/** How long nothing is said: most connectors are up by then. */
const QUIET_MS = 3_000;

/** How often one connector is mentioned, at most. */
const REPEAT_MS = 5_000;

const LOOK_MS = 1_000;

/**
 * Tells on stderr which connectors are still starting, since when, and the last line of their programs. The first
 * lines come after 3 s, then at most one every 5 s for each connector. The returned object ends it.
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

/** "  name: starting for 8 s: the last line of its program". */
export function startingLine({ id, process }: ConnectorStatus, ageMs: number): string {
  const line = process === null ? '' : lastLineOf(process);
  return `  ${id}: starting for ${Math.round(ageMs / 1000)} s${line === '' ? '' : `: ${printable(line)}`}`;
}
