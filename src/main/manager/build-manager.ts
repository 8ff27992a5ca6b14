import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { ConnectorSet } from '../connectors/connector-set.ts';
import { createFleet } from '../fleet/create-fleet.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { createPublicAgent } from '../http/address-guard.ts';
import { createMainAgent } from '../http/main-agent.ts';
import { useReplacedNames } from '../observability/instruments.ts';
import { observeManager } from '../observability/observed-gauges.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { LateRecording } from '../recording/late-recording.ts';
import { createMapLoader } from '../service-map/loading/map-loader.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';
import { createSources } from '../sources/create-sources.ts';
import type { MapChange } from '../sources/source-events.ts';
import type { FleetToolMemory } from '../state-dir/fleet/tools/fleet-tool-memory.ts';
import { createHostMemory, type HostMemory } from '../state-dir/host-memory.ts';
import { HostRegistry, type HostRegistryDeps } from '../tools/host-registry.ts';
import { ToolRouter } from './calls/tool-router.ts';
import { createConnectors } from './create-connectors.ts';
import { createTools, type ManagerTools } from './create-tools.ts';
import { EventHub } from './events.ts';
import { createFleetTools } from './fleet-memory/create-fleet-tools.ts';
import { createLogins, createManagerLogins } from './logins/create-logins.ts';
import { ManagerLoginAgents } from './logins/login-agents.ts';
import type { ManagerLogins } from './logins/manager-logins.ts';
import { RefreshSchedules } from './refresh-schedules.ts';
import { reportMap } from './report-changes.ts';
import { createSync, FirstSync, QuietStart } from './sync.ts';

/** Maximum time for which calls in flight may continue after the map of their connector was dropped. */
const DROPPED_DRAIN_MS = 5_000;

/** Number of the latest map loads that `status()` shows. */
const LOADS_KEPT = 16;

/** The parts of a manager that `ConnectorProxyManager` uses. */
export interface ManagerParts {
  readonly events: EventHub;
  readonly memory: HostMemory;
  readonly sources: ConnectorSources;
  readonly connectors: ConnectorSet;
  readonly tools: ManagerTools;
  readonly router: ToolRouter;
  readonly logins: ManagerLogins;
  /** The fleet that the manager is part of; null without the option `fleet`. */
  readonly fleet: Fleet | null;
  /**
   * Postpones work that is not urgent, so that the first call is served sooner. If the host calls `sync()`, that work
   * starts at once.
   */
  readonly quiet: QuietStart;
  readonly runSync: (force: boolean) => Promise<void>;
  /** Resolves once the tools that an earlier run remembered are listed. Never rejects. */
  readonly restored: Promise<void>;
  /** Reports of the latest map loads, oldest first. */
  readonly loads: () => readonly LoadReport[];
  /** Aborts with CLOSED when the manager closes. */
  readonly closed: AbortSignal;
  /** Throws CLOSED once the manager is closed. */
  readonly assertOpen: () => void;
  /** Closes every part. A part is closed before the parts that it depends on. Idempotent; never rejects. */
  readonly close: () => Promise<void>;
}

/**
 * Builds the parts of a manager in the order of their dependencies, and connects them by events. Starts the timers of
 * the background refresh, joins the fleet and, with a `stateDir`, starts to read the remembered state.
 */
export function buildManager(options: ResolvedOptions): ManagerParts {
  const { logger, limits, network, featureFlags } = options;
  const closing = new AbortController();
  const closed = closing.signal;
  const assertOpen = (): void => {
    if (closed.aborted) throw closedError();
  };

  const fleet = options.fleet === null ? null : createFleet(options.fleet, options);
  const mainAgent = createMainAgent(network);
  const publicAgent = options.allowPrivateEndpoints ? null : createPublicAgent(network);
  const events = new EventHub(logger);
  const quiet = new QuietStart();
  const memory = createHostMemory(options, () => quiet.rest(), fleet);
  const loader = createMapLoader({ ...options, mainAgent, mapCount: options.maps.length });
  let loads: readonly LoadReport[] = [];
  const onLoad = (report: LoadReport): void => {
    loads = [...loads, report].slice(-LOADS_KEPT);
  };
  const sources = createSources(options, { loader, memory: memory.maps, fleet, onLoad });
  const brandOf = (entry: ConnectorEntry): string | null => (options.compat === null ? null : sources.brandOf(entry));
  if (options.compat !== null) useReplacedNames();
  const isKnown = sources.isNamed.bind(sources);
  const entryOf = sources.entry.bind(sources);
  const fleetTools =
    fleet === null
      ? null
      : createFleetTools(options, {
          ...{ fleet, own: memory.tools, sources },
          review: () => void tools.intake.review(),
          relist: (id) => connectors.get(id)?.relist(),
        });
  const toolMemory = fleetTools ?? memory.tools;
  const tools = createTools(options, { memory: toolMemory, events, brandOf, isKnown, entryOf });
  const agents = { agent: options.agent ?? mainAgent, publicAgent };
  const loginAgents = new ManagerLoginAgents(options, agents);
  const loginService = createLogins(options, { agents: loginAgents, memory, sources });
  const { programs } = memory;
  const recording = options.record === null ? null : new LateRecording(options.record, logger);
  const connecting = { agents, sources, tools, events, programs, logins: loginService, fleet, recording };
  const connectors = createConnectors(options, connecting);
  const logins = createManagerLogins(options, { service: loginService, sources, connectors });
  const { syncDeadlineMs, callTimeoutMs } = limits;
  const runSync = createSync({ sources, connectors, maps: memory.maps, syncDeadlineMs, closed });
  const firstSync = new FirstSync({ sync: () => runSync(false), remembered: () => sources.remembered(), quiet });
  const { pins, approvals } = tools;
  const router = new ToolRouter({ tools: tools.store, connectors, firstSync, pins, approvals, callTimeoutMs });
  const schedules = new RefreshSchedules(options, sources, async () => {
    await sources.syncLocal(true);
    connectors.retry();
  });

  if (options.registry !== null) {
    const { registry } = options;
    const callTool: HostRegistryDeps['callTool'] = async (name, args) => {
      assertOpen();
      return router.call(name, args, {});
    };
    tools.store.follow(new HostRegistry({ registry, logger, callTool }));
  }
  followSources({ logger, events, sources, connectors, tools, connect: options.connect });
  if (fleetTools !== null) followByFleet(sources, fleetTools);
  if (featureFlags.asyncRefresh) schedules.start();
  const restored = toolMemory.restore((connector) => {
    // If the sources were loaded before the tools were restored, the remembered tools of a connector that no longer
    // exists are dropped here.
    const isGone = sources.isKnown && sources.endpointOf(connector.connectorId) !== connector.endpoint;
    if (!isGone) tools.intake.restore(connector);
    // In a fleet, other hosts may still need the remembered tools, so they are not deleted.
    else if (fleetTools === null) tools.intake.forget(connector.connectorId);
  });
  if (featureFlags.asyncRefresh) void confirmRestored(restored, tools, firstSync);
  const unobserve = observeManager(() => ({
    sources: sources.observe(),
    connectorsByState: connectors.countByState(),
    loginsByState: loginService.countByState(),
    queueLength: loader.queueLength,
  }));

  const closeOnce = async (): Promise<void> => {
    const reason = closedError();
    schedules.stop();
    unobserve();
    tools.intake.close();
    fleetTools?.close();
    closing.abort(reason);
    await Promise.all([sources.close(reason), connectors.close(reason)]);
    await Promise.all([loginService.close(), recording?.close()]);
    await Promise.all([loader.close(), memory.close(), fleet?.close()]);
    await Promise.all([mainAgent.destroy(), publicAgent?.destroy(), loginAgents.destroy()]);
    events.clear();
  };
  let whenClosed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    whenClosed ??= closeOnce();
    return whenClosed;
  };
  const parts = { events, memory, sources, connectors, tools, router, logins, fleet, quiet, runSync, restored };
  return { ...parts, loads: () => loads, closed, assertOpen, close };
}

function closedError(): SwitchyardError {
  return new SwitchyardError('CLOSED', 'The manager was closed.');
}

/**
 * Waits until the remembered tools are listed. Then runs a sync, unless every connector has already listed its tools
 * itself. Never rejects.
 */
async function confirmRestored(restored: Promise<void>, tools: ManagerTools, firstSync: FirstSync): Promise<void> {
  await restored;
  if (tools.intake.staleIds.size > 0) await firstSync.run();
}

/** Updates the tool memory of the fleet whenever the sources announce a change. */
function followByFleet(sources: ConnectorSources, fleetTools: FleetToolMemory): void {
  sources.events.on('map', ({ delta }: MapChange) => {
    if (delta.added.length > 0) fleetTools.followSources();
  });
  sources.events.on('local', () => fleetTools.followSources());
}

type FollowingParts = Pick<ManagerParts, 'events' | 'sources' | 'connectors' | 'tools'> &
  Pick<ResolvedOptions, 'logger' | 'connect'>;

/** Updates connectors, tools and the host's listeners whenever the sources announce a change. */
function followSources({ logger, events, sources, connectors, tools, connect }: FollowingParts): void {
  const follow = (changed: readonly string[], added: readonly string[] = [], drainMs = 0): void => {
    if (connect === 'all') connectors.follow(changed, added, drainMs);
    // With `on-demand`, a change is applied only to connectors that already exist. Any other connector is created from
    // its current entry when it is needed.
    else
      connectors.follow(
        [...changed, ...added].filter((id) => connectors.get(id) !== undefined),
        [],
        drainMs,
      );
  };
  const dropUnknownTools = (): void => {
    if (sources.isKnown) tools.intake.dropUnknown((id) => sources.endpointOf(id));
  };
  /**
   * For each map, the ids of its entries that are left out because they are unusable. Tools of other connectors must
   * not have names that begin with these ids.
   */
  const leftOut = new Map<string, readonly string[]>();
  sources.events.on('map', ({ sourceId, snapshot, delta, isRebranded }: MapChange) => {
    const { added, changed, removed } = delta;
    const { revision, size } = snapshot;
    // A snapshot without a header means that the map was dropped. The source has already logged the reason.
    if (snapshot.header !== null)
      reportMap(logger, { sourceId, revision, size, delta, contests: sources.contests(added) });
    const unusable = [...snapshot.unusable.keys()];
    tools.store.reconsider([...added, ...removed, ...unusable, ...(leftOut.get(sourceId) ?? [])]);
    leftOut.set(sourceId, unusable);
    tools.intake.reconsider([...added, ...changed, ...removed]);
    const drainMs = snapshot.header === null ? DROPPED_DRAIN_MS : 0;
    follow([...removed, ...changed, ...(isRebranded ? snapshot.ids : [])], added, drainMs);
    dropUnknownTools();
    events.emit('snapshot', { sourceId, revision, added, changed, removed });
  });
  sources.events.on('local', (connectorIds) => {
    tools.store.reconsider(connectorIds);
    tools.intake.reconsider(connectorIds);
    follow(connectorIds);
    dropUnknownTools();
  });
}
