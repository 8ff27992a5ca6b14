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

/** One connector as `connector(id)` shows it. */
export interface ConnectorView {
  readonly entry: ConnectorEntry;
  /** The entry exactly as the map has it; a local entry as the file has it. */
  readonly source: RawEntry;
  /** Null for the moment between the acceptance of its map and the creation of the connector. */
  readonly status: ConnectorStatus | null;
}

/** The state of the store. */
export type MemoryStatus =
  | { readonly kind: 'off' }
  | { readonly kind: 'ready'; readonly stateDir: string }
  | { readonly kind: 'failed'; readonly stateDir: string; readonly code: string; readonly message: string };

/**
 * Tools that an earlier run listed and that stay listed, because their connectors have not listed any tools since then.
 */
export interface StaleTools {
  readonly connectorCount: number;
  readonly toolCount: number;
  /** When the oldest of these lists was read, epoch ms; null without such lists. */
  readonly oldestListedAt: number | null;
}

/** A connector as `status()` shows it. */
export interface ListedConnector extends ConnectorStatus {
  /** Its login, without any token; null if the connector neither has nor needs a login. */
  readonly login: LoginSummary | null;
  /** Where its listed tools come from, and since when; null if the connector has no listed tools. */
  readonly tools: ToolProvenance | null;
  /**
   * The first 100 definitions that the connector lists but clients of a gateway never see, because the definitions are
   * invalid beyond repair. With a gateway they include prompts, resources and templates.
   */
  readonly droppedDefinitions: readonly DroppedDefinition[];
  /** The number of all dropped definitions. */
  readonly droppedDefinitionCount: number;
}

/** Everything `status()` shows, as plain data. */
export interface ManagerStatus {
  /** The status of the first map. */
  readonly serviceMap: ServiceMapStatus;
  /** The status of each map, in order of precedence; a placeholder without a URL if there is no map. */
  readonly serviceMaps: readonly ServiceMapStatus[];
  /** The local configuration file; null without a file. */
  readonly config: LocalConfigStatus | null;
  /** The registry of servers; null without a registry. */
  readonly registry: RegistryStatus | null;
  readonly connectors: readonly ListedConnector[];
  readonly toolCount: number;
  readonly staleTools: StaleTools;
  /** Tools whose definition differs from the definition that was first seen or last approved. */
  readonly changedTools: readonly ChangedTool[];
  /** Tools that are neither listed nor callable: the signed map approves another definition. */
  readonly heldBackTools: readonly HeldBackTool[];
  /** Reports of the last loads, oldest first. */
  readonly loads: readonly LoadReport[];
  readonly store: MemoryStatus;
  /** Null without the option `fleet`. */
  readonly fleet: FleetStatus | null;
  readonly isClosed: boolean;
}

/** Builds the status of a manager from these parts. */
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
