import type { FleetApi } from '../../shared/protocol/fleet/fleet-messages.ts';
import type { FleetPartDeps } from './fleet-part.ts';
import { createLoginRows } from './kept/login-rows.ts';
import { createToolPart } from './kept/tool-part.ts';
import { createMapPart } from './maps/map-part.ts';
import { createPermits } from './permits/permits-part.ts';
import { createProbe } from './probe/create-probe.ts';
import { createRoster } from './roster/create-roster.ts';
import { createSessionPart } from './sessions/session-part.ts';

/**
 * The functions of {@link FleetApi} that the parts of the fleet thread implement. `createSession` adds `open` and
 * `close`.
 */
export type FleetParts = Omit<FleetApi, 'open' | 'close'>;

/** Creates every part of the fleet thread. */
export function createParts(deps: FleetPartDeps): FleetParts {
  return {
    ...createProbe(deps),
    ...createRoster(deps),
    ...createMapPart(deps),
    ...createSessionPart(deps),
    ...createPermits(deps),
    ...createToolPart(deps),
    ...createLoginRows(deps),
  };
}
