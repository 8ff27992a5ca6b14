import { fleetLocalScope, fleetMapName } from '../../../shared/fleet/fleet-keys.ts';
import { commandOf, isLocal } from '../../connectors/connection/local-entry.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { ResolvedOptions } from '../../options/options.ts';
import type { ConnectorSources } from '../../sources/connector-sources.ts';
import { FleetToolMemory } from '../../state-dir/fleet/tools/fleet-tool-memory.ts';
import type { OwnToolMemory } from '../../state-dir/tool-memory.ts';

export interface FleetToolsDeps {
  readonly fleet: Fleet;
  /** What this host remembers by itself. */
  readonly own: OwnToolMemory;
  readonly sources: ConnectorSources;
  /** Judges all tools by the pins as they are now. */
  readonly review: () => void;
  /** Has a connector list its tools again, if it is up. */
  readonly relist: (connectorId: string) => void;
}

/**
 * The memory of tools of a manager in a fleet. Hosts share what they remember of a connector where they have it from
 * the same map; or, where it is from a file or the registry, under the same id at the same URL. What a program lists
 * depends on the machine that it runs on, so that is not shared.
 */
export function createFleetTools(options: ResolvedOptions, deps: FleetToolsDeps): FleetToolMemory {
  const { maps, pinTools, logger, random, clock } = options;
  const { fleet, own, sources, review, relist } = deps;
  const scopeOf = (connectorId: string): string | null => {
    const entry = sources.entry(connectorId);
    if (entry === undefined) return null;
    if (isLocal(entry))
      return commandOf(entry) === null ? fleetLocalScope(fleet.id, connectorId, entry.endpoint) : null;
    const url = sources.originOf(entry)?.options.url;
    return url === undefined ? null : fleetMapName(fleet.id, url);
  };
  const scopesOfLocal = (): readonly string[] => sources.localIds.map(scopeOf).filter((scope) => scope !== null);
  return new FleetToolMemory({
    ...{ fleet, own, policy: pinTools, logger, random, scopeOf, relist, onPins: review },
    now: () => clock.now(),
    scopes: () => [...maps.map(({ url }) => fleetMapName(fleet.id, url)), ...scopesOfLocal()],
  });
}
