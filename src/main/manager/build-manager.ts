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

/** How long running calls may still take after their map was dropped. */
const DROPPED_DRAIN_MS = 5_000;

/** Number of map loads that `status()` shows. */
const LOADS_KEPT = 16;

/** The parts of a manager that its façade uses. */
export interface ManagerParts {
  readonly events: EventHub;
  readonly memory: HostMemory;
  readonly sources: ConnectorSources;
  readonly connectors: ConnectorSet;
  readonly tools: ManagerTools;
  readonly router: ToolRouter;
  readonly logins: ManagerLogins;
  /** Null without the option `fleet`. */
  readonly fleet: Fleet | null;
  /** Postpones work that is not urgent until the first call is served; a `sync()` of the host ends the pause. */
  readonly quiet: QuietStart;
  readonly runSync: (force: boolean) => Promise<void>;
  /** Resolves once the tools of an earlier run are listed. Never rejects. */
  readonly restored: Promise<void>;
  /** Reports of the last map loads, oldest first. */
  readonly loads: () => readonly LoadReport[];
  /** Aborts with CLOSED when the manager closes. */
  readonly closed: AbortSignal;
  /** Throws CLOSED once the manager is closed. */
  readonly assertOpen: () => void;
  /** Closes every part, in the reverse order of their dependencies. Idempotent; never rejects. */
  readonly close: () => Promise<void>;
}

/**
 * Builds the parts of a manager, each after the parts that it needs, and connects them by events. Apart from that, it
 * starts only the timers of the background refresh and, with a `stateDir`, the read of the remembered state.
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
    // If the sources were loaded before this, they could not yet drop a remembered connector that no longer exists.
    const isGone = sources.isKnown && sources.endpointOf(connector.connectorId) !== connector.endpoint;
    if (!isGone) tools.intake.restore(connector);
    // Other hosts of a fleet may need the remembered tools, so only a host without a fleet forgets them.
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
 * Once the remembered tools are listed, runs a sync if some connector has not listed its tools itself by then. Never
 * rejects.
 */
async function confirmRestored(restored: Promise<void>, tools: ManagerTools, firstSync: FirstSync): Promise<void> {
  await restored;
  if (tools.intake.staleIds.size > 0) await firstSync.run();
}

/** Makes the shared tools of a fleet follow the changes that the sources announce. */
function followByFleet(sources: ConnectorSources, fleetTools: FleetToolMemory): void {
  sources.events.on('map', ({ delta }: MapChange) => {
    if (delta.added.length > 0) fleetTools.followSources();
  });
  sources.events.on('local', () => fleetTools.followSources());
}

type FollowingParts = Pick<ManagerParts, 'events' | 'sources' | 'connectors' | 'tools'> &
  Pick<ResolvedOptions, 'logger' | 'connect'>;

/** Makes connectors, tools and the host's listeners follow the changes that the sources announce. */
function followSources({ logger, events, sources, connectors, tools, connect }: FollowingParts): void {
  const follow = (changed: readonly string[], added: readonly string[] = [], drainMs = 0): void => {
    if (connect === 'all') connectors.follow(changed, added, drainMs);
    // With `on-demand`, a changed entry is applied only to connectors that were needed before. Other connectors are
    // created when they are needed.
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
  /** The ids of the unusable entries that are left out, by map. No other connector may have tools under these ids. */
  const leftOut = new Map<string, readonly string[]>();
  sources.events.on('map', ({ sourceId, snapshot, delta, isRebranded }: MapChange) => {
    const { added, changed, removed } = delta;
    const { revision, size } = snapshot;
    // A dropped map has no header, and was not accepted; its source has logged the reason.
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
