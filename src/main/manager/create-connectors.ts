import type { Dispatcher } from 'undici';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import { type BringUp, createBringUp, type Relist } from '../connectors/bring-up/bring-up.ts';
import { createConnect } from '../connectors/bring-up/choose-connect.ts';
import { createCredentialsOf } from '../connectors/bring-up/choose-credentials.ts';
import { ConnectGate } from '../connectors/bring-up/connect-gate.ts';
import { ProgramStarts } from '../connectors/bring-up/program-starts.ts';
import type { Connect, ProgramWatch } from '../connectors/connection/connection.ts';
import type { EraMemory } from '../connectors/connection/era-memory.ts';
import { commandOf, isLocal } from '../connectors/connection/local-entry.ts';
import type { ConnectorIdentity } from '../connectors/connector-deps.ts';
import { ConnectorSet } from '../connectors/connector-set.ts';
import { type Credentials, NO_CREDENTIALS } from '../connectors/credentials/credentials.ts';
import type { LoginService } from '../connectors/credentials/logins/login-service.ts';
import { createProxyConnect } from '../connectors/replaced-api/proxy-connection.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { createCallPermits } from '../fleet/permits/create-call-permits.ts';
import { BringUpDispatcher } from '../http/bring-up-dispatcher.ts';
import { asDispatcher } from '../http/late-agent.ts';
import { OriginLoads } from '../http/origin-loads.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import { rememberConnector } from '../observability/instruments.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { LateRecording } from '../recording/late-recording.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';
import type { ManagerTools } from './create-tools.ts';
import type { EventHub } from './events.ts';
import { createTargetOf } from './logins/login-target.ts';
import { relistAfterMs } from './refresh-schedules.ts';
import { reportListFailure, reportTransition } from './report-changes.ts';

/** The HTTP agents through which connectors are reached. */
export interface ConnectorAgents {
  readonly agent: Dispatcher;
  /** Agent for connectors of maps, which must have public addresses; null if any address is allowed. */
  readonly publicAgent: Dispatcher | null;
}

export interface CreateConnectorsDeps {
  readonly agents: ConnectorAgents;
  readonly sources: ConnectorSources;
  readonly tools: ManagerTools;
  readonly events: EventHub;
  readonly programs: ProgramWatch;
  readonly logins: LoginService;
  /** The fleet that the manager is part of; null without a fleet. */
  readonly fleet: Fleet | null;
  /** The recording of messages; null if messages are not recorded. */
  readonly recording: LateRecording | null;
}

/**
 * Creates the empty connector set of a manager. `sources` provides the entries of its connectors, and `tools` receives
 * their tool lists.
 */
export function createConnectors(
  options: ResolvedOptions,
  { agents, sources, tools, events, programs, logins, fleet, recording }: CreateConnectorsDeps,
): ConnectorSet {
  const { logger, clock, random, limits, notifications } = options;
  const apiKeyOf = (entry: ConnectorEntry): Promise<string | null> =>
    (sources.originOf(entry)?.options ?? options).connectorsApiKey();
  const targetOf = createTargetOf(options);
  const loginOf = (entry: ConnectorEntry): Credentials => {
    const target = targetOf(entry);
    return target === null ? NO_CREDENTIALS : logins.credentialsOf(target);
  };
  return new ConnectorSet({
    ...createLifelines(options, agents, { eras: tools.eras, programs, recording }, apiKeyOf, loginOf),
    directory: { entry: (id) => sources.entry(id), isWanted: (id) => sources.isWanted(id) },
    relistAfterMs: () => relistAfterMs(options),
    now: () => clock.now(),
    random,
    callTimeoutMs: limits.callTimeoutMs,
    createPermits: (fleet && createCallPermits(fleet, options)) ?? undefined,
    onCreated: (connector) => rememberConnector(connector.id),
    onTransition: (connector, transition) => {
      reportTransition(logger, connector, transition);
      const { from, to, why, at } = transition;
      events.emit('connector', { connectorId: connector.id, from, to, why, at });
    },
    ...(notifications && {
      onNotification: ({ id: connectorId }: ConnectorIdentity, method: string, params: JsonObject) =>
        events.emit('notification', { connectorId, method, params }),
    }),
    onListFailed: (connector, error) => reportListFailure(logger, connector, error),
    onTools: (connector, listing, facts) => tools.intake.take(connector, listing, facts),
    onToolsGone: ({ id }) => tools.intake.gone(id),
  });
}

interface LifelineDeps {
  readonly eras: EraMemory;
  readonly programs: ProgramWatch;
  readonly recording?: LateRecording | null;
}

/**
 * Returns how a manager with these options connects: with its own agents, or with the proxies that the host's
 * `createProxy` creates. Stdio servers never use a proxy.
 */
export function createLifelines(
  options: ResolvedOptions,
  { agent, publicAgent }: ConnectorAgents,
  { eras, programs, recording = null }: LifelineDeps,
  apiKeyOf: (entry: ConnectorEntry) => Promise<string | null>,
  loginOf: (entry: ConnectorEntry) => Credentials = () => NO_CREDENTIALS,
): { readonly bringUp: BringUp; readonly relist: Relist } {
  const { limits, host, oauth, createProxy, logger } = options;
  const agentOf = (entry: ConnectorEntry): Dispatcher => (isLocal(entry) ? agent : (publicAgent ?? agent));
  const record = recording === null ? undefined : (id: string) => recording.connection(id);
  const loads = loadsOf(limits);
  const connectOver = (over: Dispatcher): Connect => {
    const dispatcher = asDispatcher(new BringUpDispatcher(over, loads));
    return createConnect({ dispatcher, maxResultBytes: limits.maxResultBytes, host, eras, programs, record });
  };
  const own = connectOver(agent);
  const byProxy = createProxy === null ? own : createProxyConnect(createProxy, logger, agent);
  // Connects to connectors of maps. An entry that is not marked as local is treated like these connectors, because the
  // rules for them are stricter.
  const ofMaps = publicAgent === null ? byProxy : connectOver(publicAgent);
  const connectOf = (entry: ConnectorEntry): Connect => {
    if (commandOf(entry) !== null) return own;
    return isLocal(entry) ? byProxy : ofMaps;
  };
  const credentialsOf = createCredentialsOf({
    ...{ apiKeyOf, oauth, loginOf },
    dispatcherOf: (entry) => (createProxy !== null && connectOf(entry) === byProxy ? null : agentOf(entry)),
  });
  const starting = {
    starts: new ProgramStarts({ limit: limits.programStarts }),
    startTimeoutMs: limits.startTimeoutMs,
  };
  const gate = new ConnectGate(limits.maxConnects, loads);
  return createBringUp({ connectOf, gate, programs: starting, credentialsOf, limits });
}

/**
 * Initial limit on how many connectors of one origin connect at the same time. An option can set a fixed limit instead.
 */
const USUAL_PER_ORIGIN = 4;

function loadsOf({ maxConnects, maxConnectsPerOrigin }: ResolvedOptions['limits']): OriginLoads {
  if (maxConnectsPerOrigin !== null) return OriginLoads.fixed(maxConnectsPerOrigin);
  return new OriginLoads({ first: Math.min(USUAL_PER_ORIGIN, maxConnects), most: maxConnects });
}
