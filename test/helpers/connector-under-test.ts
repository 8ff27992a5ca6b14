import { vi } from 'vitest';
import { listAllTools } from '../../src/main/connectors/bring-up/list-tools.ts';
import type { Connection } from '../../src/main/connectors/connection/connection.ts';
import { Connector } from '../../src/main/connectors/connector.ts';
import { type ConnectorEntry, normalizeEntry, type RawEntry } from '../../src/shared/map/service-map.ts';
import { type Attempt, broughtUp, scriptedBringUp, scriptedConnection } from './scripted-connection.ts';
import { entry, type Json } from './signed-map.ts';

export const normalized = (overrides: Json = {}): ConnectorEntry =>
  normalizeEntry(entry('one', overrides) as RawEntry, 300);

export interface ConnectorUnderTest {
  readonly connector: Connector;
  readonly attempts: readonly Attempt[];
  /** Returns the attempt with this index. By default, returns the last attempt. */
  readonly attempt: (index?: number) => Attempt;
  readonly states: string[];
  readonly tools: string[][];
  /** Error codes of the failed attempts to list the tools. */
  readonly failures: string[];
  /** Makes the connector call `callback` synchronously with each new state, and with `tools` when the tools change. */
  readonly hear: (callback: (what: string) => void) => void;
  /** Starts the connector, and lets it connect over this connection. */
  readonly up: (connection?: Connection, names?: readonly string[]) => Promise<Connection>;
}

/** Creates a connector over scripted attempts, for tests on fake timers. */
export function connectorUnderTest(overrides: Json = {}): ConnectorUnderTest {
  const { attempts, bringUp } = scriptedBringUp();
  const states: string[] = [];
  const tools: string[][] = [];
  const failures: string[] = [];
  let listener: (what: string) => void = () => {};
  const connector = new Connector(normalized(overrides), {
    bringUp,
    relist: (_entry, connection, signal) =>
      listAllTools(connection, { maxPages: 5, maxTools: 100, timeoutMs: 1_000 }, signal),
    now: () => 0,
    random: { next: () => 1 },
    callTimeoutMs: 1_000,
    relistAfterMs: () => null,
    onSettling: () => {},
    onListFailed: (_, { code }) => void failures.push(code),
    onTransition: (_, { to }) => {
      states.push(to);
      listener(to);
    },
    onTools: async (_, listing) => {
      tools.push(listing.tools.map(({ name }) => name));
      listener('tools');
    },
    onToolsGone: () => {
      tools.push([]);
      listener('tools');
    },
  });
  const attempt = (index = attempts.length - 1): Attempt => {
    const found = attempts[index];
    if (found === undefined) throw new Error(`There is no attempt ${index}`);
    return found;
  };
  const up = async (
    connection: Connection = scriptedConnection(),
    names: readonly string[] = ['echo'],
  ): Promise<Connection> => {
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    attempt().resolve(broughtUp(connection, names));
    await connector.settled();
    return connection;
  };
  const hear = (callback: (what: string) => void): void => {
    listener = callback;
  };
  return { connector, attempts, attempt, states, tools, failures, up, hear };
}
