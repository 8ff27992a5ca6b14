import type { ConnectorEntry, RawEntry } from '../../shared/map/service-map.ts';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { ConnectorSet } from '../connectors/connector-set.ts';
import type { ConnectorStatus } from '../connectors/connector-status.ts';
import type { LoginSummary } from '../connectors/credentials/logins/login-service.ts';
import type { FleetStatus } from '../fleet/fleet-status.ts';
import type { LocalConfigStatus } from '../local-config/local-source.ts';
import type { DroppedDefinition } from '../mcp/definitions/definition.ts';
import type { RegistryStatus } from '../registry/registry-source.ts';
import { NO_MAP, type ServiceMapStatus } from '../service-map/service-map-status.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';
import type { HostMemory } from '../state-dir/host-memory.ts';
import type { HeldBackTool } from '../tools/tool-approvals.ts';
import type { ToolIntake, ToolProvenance } from '../tools/tool-intake.ts';
import type { ChangedTool } from '../tools/tool-pins.ts';
import type { ManagerParts } from './build-manager.ts';

/** One connector, as the method `connector(id)` returns it. */
export interface ConnectorView {
  readonly entry: ConnectorEntry;
  /** The entry exactly as its map, local file or other source has it. */
  readonly source: RawEntry;
  /** Null if the connector has not been created yet, although its source has been loaded. */
  readonly status: ConnectorStatus | null;
}

/** The state of the store in the state folder. */
export type MemoryStatus =
  | { readonly kind: 'off' }
  | { readonly kind: 'ready'; readonly stateDir: string }
  | { readonly kind: 'failed'; readonly stateDir: string; readonly code: string; readonly message: string };

/**
 * Remembered tools of an earlier run that are still listed, because their connectors have not listed their tools since.
 */
export interface StaleTools {
  readonly connectorCount: number;
  readonly toolCount: number;
  /** Time when the oldest remembered tool list was read, in epoch milliseconds; null without remembered lists. */
  readonly oldestListedAt: number | null;
}

/** The status of a connector, as `status()` shows it. */
export interface ListedConnector extends ConnectorStatus {
  /** The login of the connector, without its tokens; null if the connector neither has nor needs a login. */
  readonly login: LoginSummary | null;
  /**
   * Whether the tools of the connector are remembered or were listed by its server, and since when; null without tools.
   */
  readonly tools: ToolProvenance | null;
  /**
   * The first 100 definitions of the connector that are never shown to clients of a gateway, because they are invalid
   * and cannot be repaired. In a gateway, they include prompts, resources and templates.
   */
  readonly droppedDefinitions: readonly DroppedDefinition[];
  /** Total number of dropped definitions of the connector. */
  readonly droppedDefinitionCount: number;
}

/** The state of a manager as plain data, as `status()` returns it. */
export interface ManagerStatus {
  /** The status of the first service map, or a placeholder without a URL if there is no map. */
  readonly serviceMap: ServiceMapStatus;
  /**
   * The status of each service map, in order of precedence. Without maps, it contains only a placeholder without a URL.
   */
  readonly serviceMaps: readonly ServiceMapStatus[];
  /** The local configuration files; null without such files. */
  readonly config: LocalConfigStatus | null;
  /** The registry of servers; null without a registry. */
  readonly registry: RegistryStatus | null;
  readonly connectors: readonly ListedConnector[];
  readonly toolCount: number;
  readonly staleTools: StaleTools;
  /** Tools whose definition differs from their pin. The pin is the definition that was first seen or last approved. */
  readonly changedTools: readonly ChangedTool[];
  /** Tools that are neither listed nor callable, because the signed map approves another definition. */
  readonly heldBackTools: readonly HeldBackTool[];
  /** Reports of the latest map loads, oldest first. */
  readonly loads: readonly LoadReport[];
  readonly store: MemoryStatus;
  /** The state of the fleet; null without the option `fleet`. */
  readonly fleet: FleetStatus | null;
  readonly isClosed: boolean;
}

/** Builds the status of a manager from its parts. */
export function viewManager(
  parts: Pick<ManagerParts, 'sources' | 'connectors' | 'memory' | 'tools' | 'logins' | 'fleet' | 'loads' | 'closed'>,
): ManagerStatus {
  const serviceMaps = parts.sources.mapStatuses();
  return {
    serviceMap: serviceMaps[0] ?? NO_MAP,
    serviceMaps,
    config: parts.sources.configStatus(),
    registry: parts.sources.registryStatus(),
    connectors: parts.connectors.all().map((connector) => {
      const { named, count } = parts.tools.dropped.of(connector.id);
      return {
        ...connector.status(),
        login: parts.logins.view(connector.entry),
        tools: parts.tools.intake.provenance(connector.id),
        droppedDefinitions: named,
        droppedDefinitionCount: count,
      };
    }),
    toolCount: parts.tools.store.size,
    staleTools: staleTools(parts.tools.intake),
    changedTools: parts.tools.pins.list(),
    heldBackTools: parts.tools.approvals.list(),
    loads: parts.loads(),
    store: memoryStatus(parts.memory),
    fleet: parts.fleet?.status() ?? null,
    isClosed: parts.closed.aborted,
  };
}

function staleTools(intake: ToolIntake): StaleTools {
  const stale = [...intake.staleIds].flatMap((id) => intake.provenance(id) ?? []);
  return {
    connectorCount: stale.length,
    toolCount: stale.reduce((sum, { count }) => sum + count, 0),
    oldestListedAt: stale.length === 0 ? null : Math.min(...stale.map(({ listedAt }) => listedAt)),
  };
}

function memoryStatus({ health }: HostMemory): MemoryStatus {
  if (health === null) return { kind: 'off' };
  const { stateDir, failure } = health;
  if (failure === null) return { kind: 'ready', stateDir };
  return { kind: 'failed', stateDir, code: failure.code, message: failure.message };
}

export function viewConnector(
  id: string,
  sources: ConnectorSources,
  connectors: ConnectorSet,
): ConnectorView | undefined {
  const found = sources.find(id);
  return found === undefined ? undefined : { ...found, status: connectors.get(id)?.status() ?? null };
}
