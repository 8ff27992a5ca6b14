import { monotonicMs, settledWithin } from '../../shared/clock.ts';
import { commandOf } from '../connectors/connection/local-entry.ts';
import { lastLineOf } from '../connectors/connection/process-view.ts';
import type { ConnectorState } from '../connectors/connector-state.ts';
import type { ConnectorStatus } from '../connectors/connector-status.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';
import { type Failure, failureFrom } from './terminal/output.ts';
import { loginCommand } from './terminal/own-command.ts';

/** How long a command without `--wait` waits until remote servers are up, in milliseconds. */
export const DEFAULT_WAIT_MS = 15_000;

/**
 * How long a command without `--wait` waits until stdio servers are up, in milliseconds. A single server may take this
 * long to start.
 */
const PROGRAM_WAIT_MS = 300_000;

/** Interval at which the states of connectors are checked, in milliseconds, if no change is reported. */
const LOOK_MS = 1_000;

/** A connector that should be up but is not. */
export interface NotUp {
  readonly id: string;
  readonly state: ConnectorState;
  readonly why: string;
}

/** Lets a command wait until its connectors have started. */
export interface StartUp {
  /**
   * Resolves once all connectors are up, or further waiting is unlikely to help. With `only`, first starts the
   * connector with that id, and waits only for that connector. Never rejects.
   */
  readonly settled: (only?: string) => Promise<void>;
}

/**
 * Tracks which connectors are still starting. With `waitMs` (`--wait`), `settled` waits that long, including retries.
 * Without it, `settled` waits until the first attempt of each connector has ended: at most 15 s, or 5 min for a stdio
 * server.
 */
export function followStartUp(manager: ConnectorProxyManager, waitMs: number | undefined): StartUp {
  const startedMs = monotonicMs();
  const hasFailed = new Set<string>();
  let changed = Promise.withResolvers<void>();
  manager.on('connector', ({ connectorId, to }) => {
    if (to === 'backing-off' || to === 'failed' || to === 'needs-login') hasFailed.add(connectorId);
    changed.resolve();
    changed = Promise.withResolvers();
  });

  const isAwaited = ({ id, state }: ConnectorStatus, ageMs: number): boolean => {
    if (waitMs !== undefined) return ageMs < waitMs && (state === 'connecting' || state === 'backing-off');
    if (state !== 'connecting' || hasFailed.has(id)) return false;
    if (ageMs < DEFAULT_WAIT_MS) return true;
    const entry = manager.connector(id)?.entry;
    return ageMs < PROGRAM_WAIT_MS && entry !== undefined && commandOf(entry) !== null;
  };

  const settled = async (only?: string): Promise<void> => {
    if (only !== undefined)
      void manager.ready({ connectorId: only }, { timeoutMs: waitMs ?? PROGRAM_WAIT_MS }).catch(() => {});
    while (true) {
      const ageMs = monotonicMs() - startedMs;
      const change = changed.promise;
      if (!connectorsOf(manager, only).some((status) => isAwaited(status, ageMs))) return;
      const leftMs = waitMs === undefined ? LOOK_MS : Math.min(LOOK_MS, waitMs - ageMs);
      await settledWithin(change, Math.max(1, leftMs));
    }
  };
  return { settled };
}

/** An object that knows the states of connectors, such as a manager. */
export interface ConnectorStates {
  status(): { readonly connectors: readonly ConnectorStatus[] };
  connector(id: string): { readonly status: ConnectorStatus | null } | undefined;
}

/** Returns the connectors that are enabled but not up. With `only`, considers only the connector with that id. */
export function notUp(manager: ConnectorStates, only?: string): readonly NotUp[] {
  return connectorsOf(manager, only).filter(isDown).map(notUpOf);
}

/**
 * Formats a line such as "1 of 3 connectors is not up: name (state: reason)". Leaves out connectors that need a login,
 * which {@link loginLine} reports. Returns null if all other connectors are up.
 */
export function notUpLine(connectors: readonly ConnectorStatus[]): string | null {
  const enabled = connectors.filter(({ state }) => state !== 'disabled');
  const down = enabled.filter((it) => isDown(it) && !needsLogin(it)).map(notUpOf);
  if (down.length === 0) return null;
  const named = down.map(({ id, state, why }) => `${id} (${state}: ${why})`).join(', ');
  const [noun, verb] = [enabled.length === 1 ? 'connector' : 'connectors', down.length === 1 ? 'is' : 'are'];
  return `${down.length} of ${enabled.length} ${noun} ${verb} not up: ${named}`;
}

/**
 * Formats a line such as "1 connector wants a login: mcp-switchyard auth login name". Returns null if no connector
 * needs a login.
 */
export function loginLine(connectors: readonly ConnectorStatus[]): string | null {
  const [only, ...others] = connectors.filter(needsLogin);
  if (only === undefined) return null;
  if (others.length === 0) return `1 connector wants a login: ${loginCommand(only.id)}`;
  return `${others.length + 1} connectors want a login: ${loginCommand()}`;
}

/**
 * Combines all connectors that are enabled but not up into one failure. Returns null if all enabled connectors are up.
 */
export function notUpFailure(connectors: readonly ConnectorStatus[]): Failure | null {
  const [first, ...others] = connectors.filter(isDown);
  if (first === undefined) return null;
  const detail = others.length === 0 ? { connectorId: first.id } : {};
  const down = notUpLine(connectors);
  if (down === null)
    return failureFrom({ code: 'CONNECTOR_LOGIN_NEEDED', message: loginLine(connectors) ?? '' }, detail);
  return failureFrom({ code: 'CONNECTOR_UNAVAILABLE', message: down }, detail);
}

/** Whether a connector needs a person to log in. */
export function needsLogin({ state }: ConnectorStatus): boolean {
  return state === 'needs-login';
}

/** Returns the status of all connectors. With `only`, returns only the status of the connector with that id. */
export function connectorsOf(manager: ConnectorStates, only?: string): readonly ConnectorStatus[] {
  if (only === undefined) return manager.status().connectors;
  const status = manager.connector(only)?.status ?? null;
  return status === null ? [] : [status];
}

function isDown({ state }: ConnectorStatus): boolean {
  return state !== 'ready' && state !== 'degraded' && state !== 'disabled';
}

function notUpOf(status: ConnectorStatus): NotUp {
  const { id, state, lastError } = status;
  return { id, state, why: lastError?.message ?? reasonOf(status) };
}

/**
 * Returns the reason for the state of a connector that has no error. For a stdio server, adds the last line of its
 * output.
 */
export function reasonOf({ why, process }: ConnectorStatus): string {
  const line = process === null ? '' : lastLineOf(process);
  return line === '' ? why : `${why}; its last line: ${line}`;
}
