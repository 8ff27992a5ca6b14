import { createFleet } from '../../../src/main/fleet/create-fleet.ts';
import type { Fleet } from '../../../src/main/fleet/fleet.ts';
import { type FleetOptions, resolveFleet } from '../../../src/main/options/fleet-options.ts';
import { systemClock, systemRandom } from '../../../src/shared/clock.ts';
import { eventually } from '../eventually.ts';
import { type LogLine, recordingLogger } from '../log.ts';

/** The secret of a test's fleet. */
export const FLEET_SECRET = 'a secret of a fleet, with at least 32 characters';

/** A host in a fleet, with its log but without a manager. */
export interface FleetUnderTest extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly lines: readonly LogLine[];
  connected(): Promise<void>;
  away(): Promise<void>;
}

/** Joins the fleet `tests` at this Redis server. `workerUrl` replaces the code file of the fleet thread. */
export function joinFleet(
  server: { readonly url: string },
  options: Partial<FleetOptions> = {},
  workerUrl?: URL,
): FleetUnderTest {
  const resolved = resolveFleet({ url: server.url, id: 'tests', secrets: [FLEET_SECRET], ...options });
  if (resolved === null) throw new Error('The fleet has no options');
  const logger = recordingLogger();
  const fleet = createFleet(resolved, {
    ...{ logger, clock: systemClock, random: systemRandom },
    ...(workerUrl !== undefined && { workerUrl }),
  });
  return {
    fleet,
    lines: logger.lines,
    connected: () => eventually('the fleet is connected', () => fleet.isConnected),
    away: () => eventually('the server counts as away', () => !fleet.isConnected),
    [Symbol.asyncDispose]: () => fleet.close(),
  };
}
