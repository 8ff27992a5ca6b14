import { monotonicMs } from '../../shared/clock.ts';
import type { FleetEvent } from '../../shared/protocol/fleet/fleet-messages.ts';

/** Maximum number of refusals that are reported within 10 s for one kind of record. */
const MOST = 20;
const WINDOW_MS = 10_000;

/**
 * Forwards events, but at most 20 refusals of one kind of record within 10 s. Otherwise anyone who may publish on a
 * channel of the fleet could flood the main thread with invalid messages.
 */
export function limitRefusals(
  emit: (event: FleetEvent) => void,
  now: () => number = monotonicMs,
): (event: FleetEvent) => void {
  const windows = new Map<string, { fromMs: number; count: number }>();
  return (event) => {
    if (event.kind === 'refused') {
      const [kind = ''] = event.what.split(':', 1);
      const nowMs = now();
      const known = windows.get(kind);
      const window = known === undefined || nowMs - known.fromMs >= WINDOW_MS ? { fromMs: nowMs, count: 0 } : known;
      windows.set(kind, window);
      window.count += 1;
      if (window.count > MOST) return;
    }
    emit(event);
  };
}
