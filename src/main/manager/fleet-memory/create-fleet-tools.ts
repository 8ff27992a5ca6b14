import { fleetLocalScope, fleetMapName } from '../../../shared/fleet/fleet-keys.ts';
import { commandOf, isLocal } from '../../connectors/connection/local-entry.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { ResolvedOptions } from '../../options/options.ts';
import type { ConnectorSources } from '../../sources/connector-sources.ts';
import { FleetToolMemory } from '../../state-dir/fleet/tools/fleet-tool-memory.ts';
import type { OwnToolMemory } from '../../state-dir/tool-memory.ts';

export interface FleetToolsDeps {
  readonly fleet: Fleet;
  /** The tool memory of this host alone. */
  readonly own: OwnToolMemory;
  readonly sources: ConnectorSources;
  /** Compares all tools with the pins again, because the pins have changed. */
  readonly review: () => void;
  /** Lists the tools of a connector again, if it is up. */
  readonly relist: (connectorId: string) => void;
}

/**
 * Creates the tool memory of a manager in a fleet. Hosts share the remembered tools of a connector if it comes from the
 * same map on each of them. For a connector from a file or the registry, the id and the URL must be the same instead.
 * The tools of a stdio server are not shared, because they depend on the machine.
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
