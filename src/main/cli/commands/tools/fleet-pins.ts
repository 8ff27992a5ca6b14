import { systemClock } from '../../../../shared/clock.ts';
import type { FleetPin, FleetToolChange } from '../../../../shared/protocol/fleet/tool-messages.ts';
import { publicToolId } from '../../../tools/tool-info.ts';
import type { FleetFlags } from '../../flags/fleet-options.ts';
import { withFleetOf } from '../fleet/join-fleet.ts';
import type { PinnedTools } from './pinned-tools.ts';

/** How long it may take to read the fleet's pins of all tools, in milliseconds. */
const READ_TIMEOUT_MS = 60_000;

/** How long an approval may take, in milliseconds. */
const APPROVE_TIMEOUT_MS = 5_000;

/** Runs `work` with the pins that the hosts of a fleet share. Rejects with FLEET_UNAVAILABLE. */
export function withFleetPins<T>(
  options: FleetFlags & { readonly json: boolean },
  names: readonly string[],
  work: (tools: PinnedTools) => Promise<T>,
): Promise<T> {
  return withFleetOf(options, async (fleet) => {
    const connectorIds = names.length === 0 ? null : connectorsIn(names);
    const found = await fleet.ask((api) => api.changedTools(connectorIds), READ_TIMEOUT_MS);
    const changes = found.map((change) => ({ ...change, name: publicToolId(change.connectorId, change.tool) }));
    const approve = async (scope: string, chosen: readonly FleetToolChange[]): Promise<readonly FleetPin[]> => {
      const pins = chosen.map(({ connectorId, tool, current }) => {
        return { connectorId, tool, version: 0, definition: current, pinnedAtMs: Math.floor(systemClock.now()) };
      });
      return await fleet.ask((api) => api.approvePins(scope, pins), APPROVE_TIMEOUT_MS);
    };
    return await work({
      changes,
      async approve(chosen) {
        const picked = changes.filter((change) => chosen.includes(change));
        const done: FleetPin[] = [];
        for (const [scope, some] of Map.groupBy(picked, (change) => change.scope))
          done.push(...(await approve(scope, some)));
        return picked.filter(({ connectorId, tool }) => {
          return done.some((pin) => pin.connectorId === connectorId && pin.tool === tool);
        });
      },
    });
  });
}

/**
 * Returns the connector ids with which the tool names may begin. There may be several for one tool name, because an id
 * may contain dots.
 */
function connectorsIn(names: readonly string[]): readonly string[] {
  const ids = names.flatMap((name) => {
    const parts = name.split('.');
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
  });
  return [...new Set(ids)];
}
