import { systemClock, systemRandom } from '../../../../shared/clock.ts';
import { createFleet } from '../../../fleet/create-fleet.ts';
import { firstAttempt } from '../../../fleet/first-attempt.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { silentLogger } from '../../../observability/logger.ts';
import { resolveFleet } from '../../../options/fleet-options.ts';
import { checkFleetOptions } from '../../../options/option-checks.ts';
import { type FleetFlags, fleetChoice } from '../../flags/fleet-options.ts';
import { misuse } from '../../flags/option-values.ts';

/** How long the server may take to answer and to send the roster (the list of hosts), in milliseconds. */
const JOIN_WITHIN_MS = 10_000;

/** Options of `fleet status`, `fleet hosts` and `fleet check`. */
export interface FleetCommandOptions extends FleetFlags {
  readonly json: boolean;
}

/**
 * Runs `work` with the fleet that the flags specify. This process does not appear in the roster of the fleet. `work`
 * starts once the server has answered or has failed to answer. Throws OPTIONS_INVALID without `--fleet`.
 */
export async function withFleetOf<T>(options: FleetCommandOptions, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  const { json: _, ...flags } = options;
  const chosen = fleetChoice(flags);
  checkFleetOptions(chosen);
  const resolved = resolveFleet(chosen);
  if (resolved === null) throw misuse('Give --fleet URL with --fleet-id ID and --fleet-secret-env NAME');
  const fleet = createFleet(resolved, {
    ...{ logger: silentLogger, clock: systemClock, random: systemRandom, isOnlooker: true },
  });
  try {
    await asked(fleet);
    return await work(fleet);
  } finally {
    await fleet.close();
  }
}

/** Resolves once the roster was read, the connection has failed, or the time limit is reached. Never rejects. */
export function asked(fleet: Fleet): Promise<void> {
  return firstAttempt(fleet, JOIN_WITHIN_MS, 'roster');
}
