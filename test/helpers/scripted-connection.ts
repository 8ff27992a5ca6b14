import type { BringUp, BroughtUp } from '../../src/main/connectors/bring-up/bring-up.ts';
import type { Connection, ConnectionEvents } from '../../src/main/connectors/connection/connection.ts';
import type { ConnectorEntry } from '../../src/shared/map/service-map.ts';
import type { RemoteToolDefinition } from '../../src/shared/tools/tool-definition.ts';

/** A connection that behaves as a test specifies. It simulates behavior that no real server shows on demand. */
export interface ScriptedConnection extends Connection {
  closed: boolean;
}

export function scriptedConnection(
  callTool: Connection['callTool'] = async () => ({ content: [] }),
): ScriptedConnection {
  const connection: ScriptedConnection = {
    closed: false,
    facts: {
      ...{ era: 'modern', transport: 'streamable-http', protocolVersion: '2026-07-28', serverName: 'scripted' },
      capabilities: { tools: {} },
    },
    listToolsPage: async () => ({ tools: [], nextCursor: null, ttlMs: null }),
    callTool,
    request: async () => ({}),
    watchResource: async () => () => {},
    close: async () => {
      connection.closed = true;
    },
  };
  return connection;
}

export const toolNamed = (name: string): RemoteToolDefinition => ({ name, inputSchema: { type: 'object' } });

export function broughtUp(
  connection: Connection,
  tools: readonly string[] = ['echo'],
  cutBecause: string | null = null,
): BroughtUp {
  return { connection, handshakeMs: 5, listing: { tools: tools.map(toolNamed), cutBecause, dropped: [], ttlMs: null } };
}

export interface Attempt {
  readonly entry: ConnectorEntry;
  readonly events: ConnectionEvents;
  readonly signal: AbortSignal;
  readonly resolve: (up: BroughtUp) => void;
  readonly reject: (error: unknown) => void;
}

/** Creates a BringUp whose attempts the test resolves or rejects. An attempt also ends when its signal aborts. */
export function scriptedBringUp(): { readonly attempts: Attempt[]; readonly bringUp: BringUp } {
  const attempts: Attempt[] = [];
  const bringUp: BringUp = (entry, events, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<BroughtUp>();
    signal.addEventListener('abort', () => reject(signal.reason));
    attempts.push({ entry, events, signal, resolve, reject });
    return promise;
  };
  return { attempts, bringUp };
}
