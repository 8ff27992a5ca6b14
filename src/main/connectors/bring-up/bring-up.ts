import { deadline, monotonicMs, raceSignal } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { oauthSettingsOf } from '../../../shared/map/oauth-settings.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { traced } from '../../observability/trace.ts';
import type { Connect, Connection, ConnectionEvents, ConnectorTarget } from '../connection/connection.ts';
import { commandOf, isLocal, loginSecretOf } from '../connection/local-entry.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { ConnectGate } from './connect-gate.ts';
import { listAllTools, type ToolListing } from './list-tools.ts';
import { type ProgramStartOptions, startProgram } from './start-program.ts';

/** A connector that is connected and whose tools are listed. */
export interface BroughtUp {
  readonly connection: Connection;
  readonly listing: ToolListing;
  /** Duration from the first byte sent to the end of the handshake. */
  readonly handshakeMs: number;
}

/**
 * Brings one connector up: waits until it is the connector's turn or `urgent` resolves, then connects and lists the
 * tools. Rejects with the CONNECTOR_… code of the step that failed, or with the signal's reason. A failed attempt
 * leaves no connection open.
 */
export type BringUp = (
  entry: ConnectorEntry,
  events: ConnectionEvents,
  signal: AbortSignal,
  urgent: Promise<void>,
) => Promise<BroughtUp>;

/**
 * Waits for the connector's turn, and then reads its tool list again. The connector must already be up. Rejects as
 * {@link listAllTools} does.
 */
export type Relist = (entry: ConnectorEntry, connection: Connection, signal: AbortSignal) => Promise<ToolListing>;

export interface BringUpOptions {
  /** Returns the function that connects to the server of an entry. */
  readonly connectOf: (entry: ConnectorEntry) => Connect;
  readonly gate: ConnectGate;
  readonly programs: ProgramStartOptions;
  /** Returns the credentials of a connector. May throw CONNECTOR_AUTH_MISSING. */
  readonly credentialsOf: (entry: ConnectorEntry) => Credentials | Promise<Credentials>;
  readonly limits: {
    readonly connectTimeoutMs: number;
    readonly listTimeoutMs: number;
    readonly maxToolPages: number;
    readonly maxTools: number;
  };
}

export function createBringUp(options: BringUpOptions): { readonly bringUp: BringUp; readonly relist: Relist } {
  const { connectOf, gate, limits } = options;
  const list: Relist = (entry, connection, signal) => {
    const listLimits = {
      maxPages: limits.maxToolPages,
      maxTools: limits.maxTools,
      timeoutMs: entry.timeouts?.list ?? limits.listTimeoutMs,
    };
    return listAllTools(connection, listLimits, signal);
  };
  const connect = async (entry: ConnectorEntry, events: ConnectionEvents, signal: AbortSignal, timeoutMs: number) => {
    const credentials = await raceSignal(Promise.resolve(options.credentialsOf(entry)), signal);
    return connectOf(entry)(targetOf(entry, credentials), events, { signal, timeoutMs });
  };
  const connectServer = async (entry: ConnectorEntry, events: ConnectionEvents, signal: AbortSignal) => {
    const timeoutMs = entry.timeouts?.connect ?? limits.connectTimeoutMs;
    using limit = deadline(timeoutMs, () => timeoutError(entry.id, timeoutMs), signal);
    return await connect(entry, events, limit.signal, timeoutMs);
  };
  const bringUp = async (
    entry: ConnectorEntry,
    signal: AbortSignal,
    connecting: () => Promise<Connection>,
  ): Promise<BroughtUp> => {
    signal.throwIfAborted();
    const startedMs = monotonicMs();
    const connection = await connecting();
    const handshakeMs = monotonicMs() - startedMs;
    try {
      return { connection, handshakeMs, listing: await list(entry, connection, signal) };
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
  const inTurn = <T>(
    entry: ConnectorEntry,
    name: string,
    work: () => Promise<T>,
    urgent: Promise<void> | null = null,
  ): Promise<T> => {
    const traceable = (): Promise<T> => traced('connect', name, { connectorId: entry.id }, work);
    // The gate limits how many connectors of one origin connect at a time. Stdio servers have no origin, so they wait
    // until processors are idle instead.
    return commandOf(entry) === null ? gate.run(new URL(entry.endpoint).origin, traceable, urgent) : traceable();
  };
  return {
    bringUp: (entry, events, signal, urgent) => {
      const connecting = (): Promise<Connection> =>
        commandOf(entry) === null
          ? connectServer(entry, events, signal)
          : startProgram(
              entry,
              (heard, until, timeoutMs) => connect(entry, heard, until, timeoutMs),
              events,
              { signal, urgent },
              options.programs,
            );
      return inTurn(entry, 'connector bring-up', () => bringUp(entry, signal, connecting), urgent);
    },
    relist: (entry, connection, signal) => inTurn(entry, 'connector relist', () => list(entry, connection, signal)),
  };
}

function targetOf(entry: ConnectorEntry, credentials: Credentials): ConnectorTarget {
  return {
    id: entry.id,
    name: entry.name,
    url: new URL(entry.endpoint),
    headers: { ...entry.headers },
    era: entry.era ?? 'auto',
    transport: entry.transport ?? 'auto',
    credentials,
    command: commandOf(entry),
    listsAtOnce: true,
  };
}

function timeoutError(connectorId: string, timeoutMs: number): SwitchyardError {
  return new SwitchyardError(
    'CONNECTOR_TIMEOUT',
    `Connector ${connectorId} did not finish the handshake within ${timeoutMs} ms.`,
    {
      detail: { phase: 'connect', timeoutMs },
    },
  );
}

/**
 * Returns a key for an entry, made of the parts whose change requires a new connection. The key includes whether the
 * entry is local, because a local entry may reach addresses that an entry of a map may not reach.
 */
export function connectionKey(entry: ConnectorEntry): string {
  const { endpoint, auth, headers, era, transport } = entry;
  const login = [oauthSettingsOf(entry), loginSecretOf(entry)];
  return JSON.stringify([endpoint, auth, headers, era, transport, login, commandOf(entry), isLocal(entry)]);
}
