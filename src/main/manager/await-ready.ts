import { deadline, raceSignal } from '../../shared/clock.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorState } from '../connectors/connector-state.ts';
import type { ManagerParts } from './build-manager.ts';

/**
 * Which connectors to wait for. An id means that connector, and `any` means the first connector that is up. `all` means
 * all enabled connectors, except connectors that need a login. The object form is for a connector whose id may itself
 * be `any` or `all`.
 */
export type ReadyTarget = string | { readonly connectorId: string };

/** Options of `ready()`. */
export interface ReadyOptions {
  /** Maximum time to wait, in milliseconds. Defaults to 10 000. */
  readonly timeoutMs?: number | undefined;
}

/** The facts about a manager that {@link awaitReady} needs. */
export interface ReadyView {
  /** Whether every source has been loaded at least once. */
  readonly isKnown: () => boolean;
  /** The state of a connector; undefined if no source that has been loaded contains its id. */
  readonly stateOf: (id: string) => ConnectorState | undefined;
  /** Makes a connector connect immediately, even if it is backing off. */
  readonly hurry: (id: string) => void;
  /** The number of connectors in each state. */
  readonly counts: () => ReadonlyMap<ConnectorState, number>;
  /** The state of each connector. It is used only for the message that lists the connectors that are not up. */
  readonly states: () => readonly (readonly [id: string, state: ConnectorState])[];
  /** Calls `callback` at each change of a map or a connector, until the returned function is called. */
  readonly onChange: (callback: () => void) => () => void;
  /** Aborts when the manager closes. */
  readonly closed: AbortSignal;
}

const READY_TIMEOUT_MS = 10_000;

/** Returns the facts that {@link awaitReady} needs, from the parts of a manager. */
export function readyViewOf(parts: Pick<ManagerParts, 'sources' | 'connectors' | 'events' | 'closed'>): ReadyView {
  const { sources, connectors, events, closed } = parts;
  /** An enabled connector that has not been created yet is reported as connecting. */
  const stateOf = (id: string): ConnectorState | undefined => {
    const isWanted = sources.isWanted(id);
    if (isWanted === null) return undefined;
    return connectors.get(id)?.state ?? (isWanted ? 'connecting' : 'disabled');
  };
  return {
    isKnown: () => sources.isKnown,
    stateOf,
    hurry: (id) =>
      void connectors
        .find(id)
        ?.awaitChance(closed)
        .catch(() => {}),
    counts: () => connectors.countByState(),
    states: () => sources.entries().map(({ id }) => [id, stateOf(id) ?? 'connecting'] as const),
    onChange: (callback) => {
      const stops = [events.on('connector', callback), events.on('snapshot', callback)];
      return () => stops.forEach((stop) => void stop());
    },
    closed,
  };
}

/**
 * Resolves once the target is up. A single connector starts to connect immediately. Rejects with CONNECTOR_UNKNOWN if
 * no source has the id, with CONNECTOR_TIMEOUT after the time limit, or with CLOSED. The message of CONNECTOR_TIMEOUT
 * lists the connectors that are not up.
 */
export async function awaitReady(target: ReadyTarget, options: ReadyOptions, view: ReadyView): Promise<void> {
  const timeoutMs = options.timeoutMs ?? READY_TIMEOUT_MS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const id = idOf(target);
  let seen: ConnectorState | null | undefined = null;
  const look = (): void => {
    try {
      if (id !== null) {
        const state = view.stateOf(id);
        if (state !== seen && (state === 'connecting' || (seen === null && state === 'backing-off'))) view.hurry(id);
        seen = state;
      }
      if (isReady(target, view)) resolve();
    } catch (error) {
      reject(error);
    }
  };
  const stop = view.onChange(look);
  using limit = deadline(timeoutMs, () => timeoutError(target, view, timeoutMs), view.closed);
  try {
    look();
    await raceSignal(promise, limit.signal);
  } finally {
    stop();
  }
}

const isUp = (state: ConnectorState | undefined): boolean => state === 'ready' || state === 'degraded';

/** Returns the id of the only connector to wait for; null if the target is `any` or `all`. */
function idOf(target: ReadyTarget): string | null {
  if (typeof target !== 'string') return target.connectorId;
  return target === 'any' || target === 'all' ? null : target;
}

function isReady(target: ReadyTarget, view: ReadyView): boolean {
  const id = idOf(target);
  if (id !== null) {
    const state = view.stateOf(id);
    if (state === undefined && view.isKnown())
      throw new SwitchyardError('CONNECTOR_UNKNOWN', `There is no connector "${id}".`);
    return isUp(state);
  }
  const counts = [...view.counts()];
  if (target === 'any') return counts.some(([state]) => isUp(state));
  return view.isKnown() && counts.every(([state]) => isUp(state) || isLeftOut(state));
}

/**
 * Whether `all` does not wait for connectors in this state, because they are disabled or a person must log in first.
 */
function isLeftOut(state: ConnectorState): boolean {
  return state === 'disabled' || state === 'needs-login';
}

function timeoutError(target: ReadyTarget, view: ReadyView, timeoutMs: number): SwitchyardError {
  const states = view.states();
  const only = idOf(target);
  const named = states.filter(([id]) => only === null || id === only);
  const down = named
    .filter(([, state]) => !isUp(state) && state !== 'disabled')
    .map(([id, state]) => `${id} (${state})`);
  const shown = down.slice(0, 8).join(', ') + (down.length > 8 ? ` and ${down.length - 8} more` : '');
  const none = 'no connector is enabled, or a source is not loaded yet';
  const why =
    states.length === 0 && !view.isKnown()
      ? 'there is no service map yet'
      : shown === ''
        ? none
        : `these are not up: ${shown}`;
  return new SwitchyardError(
    'CONNECTOR_TIMEOUT',
    `Timed out after ${timeoutMs} ms while waiting for connectors; ${why}.`,
    {
      detail: { phase: 'ready', timeoutMs },
    },
  );
}
