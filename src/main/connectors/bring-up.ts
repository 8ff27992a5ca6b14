import { deadline, monotonicMs } from '../../shared/clock.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/service-map.ts';
import { connectorHeaders } from './auth-headers.ts';
import type { ConnectGate } from './connect-gate.ts';
import type { Connect, Connection, ConnectionEvents, ConnectorTarget } from './connection.ts';
import { listAllTools, type ToolListing } from './list-tools.ts';

/** A connector that is up: connected, its tools listed. */
export interface BroughtUp {
  readonly connection: Connection;
  readonly listing: ToolListing;
  /** From the first byte sent to the end of the handshake. */
  readonly handshakeMs: number;
}

/**
 * Brings one connector up: waits for its turn, connects, lists its tools. Rejects with the CONNECTOR_… code of the step that
 * failed or with the signal's reason, leaving nothing open.
 */
export type BringUp = (entry: ConnectorEntry, events: ConnectionEvents, signal: AbortSignal) => Promise<BroughtUp>;

export interface BringUpOptions {
  readonly connect: Connect;
  readonly gate: ConnectGate;
  readonly apiKey: () => Promise<string | null>;
  readonly limits: {
    readonly connectTimeoutMs: number;
    readonly listTimeoutMs: number;
    readonly maxToolPages: number;
    readonly maxTools: number;
  };
}

export function createBringUp(options: BringUpOptions): BringUp {
  const { connect, gate, limits } = options;
  return (entry, events, signal) =>
    gate.run(new URL(entry.endpoint).origin, async () => {
      signal.throwIfAborted();
      const target = targetOf(entry, await options.apiKey());
      const startedMs = monotonicMs();
      const connection = await connectInTime(
        connect,
        target,
        events,
        entry.timeouts?.connect ?? limits.connectTimeoutMs,
        signal,
      );
      const handshakeMs = monotonicMs() - startedMs;
      const listLimits = {
        maxPages: limits.maxToolPages,
        maxTools: limits.maxTools,
        timeoutMs: entry.timeouts?.list ?? limits.listTimeoutMs,
      };
      try {
        return { connection, handshakeMs, listing: await listAllTools(connection, listLimits, signal) };
      } catch (error) {
        await connection.close();
        throw error;
      }
    });
}

function targetOf(entry: ConnectorEntry, key: string | null): ConnectorTarget {
  return {
    id: entry.id,
    name: entry.name,
    url: new URL(entry.endpoint),
    headers: connectorHeaders(entry, key),
    era: entry.era ?? 'auto',
    transport: entry.transport ?? 'auto',
  };
}

async function connectInTime(
  connect: Connect,
  target: ConnectorTarget,
  events: ConnectionEvents,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Connection> {
  const timeout = (): Error =>
    new SwitchyardError(
      'CONNECTOR_TIMEOUT',
      `Connector ${target.id} did not finish the handshake within ${timeoutMs} ms.`,
      {
        detail: { phase: 'connect', timeoutMs },
      },
    );
  using limit = deadline(timeoutMs, timeout, signal);
  return await connect(target, events, { signal: limit.signal, timeoutMs });
}

/** What of an entry only a new connection can take up. */
export function connectionKey(entry: ConnectorEntry): string {
  return JSON.stringify([entry.endpoint, entry.auth, entry.headers, entry.era, entry.transport]);
}
