import type { ConnectorState, ListedConnector, ManagerStatus } from '../../src/main/index.ts';
import { EventHub } from '../../src/main/manager/events.ts';
import { NO_MAP } from '../../src/main/service-map/service-map-status.ts';
import { recordingLogger } from './log.ts';
import { NOW } from './signed-map.ts';

/** Creates a connector as it appears in `status()`, in any state. */
export function listed(
  id: string,
  state: ConnectorState = 'ready',
  more: Partial<ListedConnector> = {},
): ListedConnector {
  return {
    id,
    name: `Connector ${id}`,
    state,
    since: NOW,
    why: 'as the test says',
    era: state === 'ready' ? 'modern' : null,
    transport: state === 'ready' ? 'streamable-http' : null,
    toolCount: state === 'ready' ? 2 : 0,
    droppedTools: [],
    handshakeMs: null,
    process: null,
    lastError: null,
    login: null,
    tools: null,
    droppedDefinitions: [],
    droppedDefinitionCount: 0,
    ...more,
  };
}

/** Creates the status of a manager with these connectors and a fresh map. */
export function statusWith(connectors: readonly ListedConnector[], more: Partial<ManagerStatus> = {}): ManagerStatus {
  const serviceMap: ManagerStatus['serviceMap'] = {
    ...NO_MAP,
    url: 'https://maps.example.com/v1/map',
    brand: 'example',
    freshness: 'fresh',
    revision: 3,
    connectorCount: connectors.length,
    generatedAt: NOW - 60_000,
    expiresAt: NOW + 3_600_000,
  };
  return {
    serviceMap,
    serviceMaps: [serviceMap],
    config: null,
    registry: null,
    connectors,
    toolCount: connectors.reduce((sum, { toolCount }) => sum + toolCount, 0),
    staleTools: { connectorCount: 0, toolCount: 0, oldestListedAt: null },
    changedTools: [],
    heldBackTools: [],
    loads: [],
    store: { kind: 'off' },
    fleet: null,
    isClosed: false,
    ...more,
  };
}

/**
 * Creates the manager that a status page reads, with a status that the test sets. `readings` counts how often the
 * status is read.
 */
export function scriptedManager(status: ManagerStatus, endpointOf = (id: string) => `https://${id}.example.com/mcp`) {
  const hub = new EventHub(recordingLogger());
  const manager = {
    current: status,
    readings: 0,
    hub,
    status(): ManagerStatus {
      manager.readings += 1;
      return manager.current;
    },
    connector(id: string) {
      const endpoint = endpointOf(id);
      const source = { id, endpoint };
      const entry = { ...source, version: '1', name: id, status: 'enabled' as const, ttl: 1, scopes: [] };
      return { entry, source, status: null };
    },
    on: hub.on.bind(hub),
  };
  return manager;
}
