import { deadline, raceSignal } from '../../shared/clock.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorState } from './connector-state.ts';

/** Which connectors to wait for: one by its id, the first of all, or all that the map enables. */
export type ReadyTarget = string;

export interface ReadyOptions {
  /** 10 000 ms by default. */
  readonly timeoutMs?: number | undefined;
}

/** What waiting for connectors needs to see. */
export interface ReadyView {
  /** The state of each connector; null before the first map. */
  readonly states: () => ReadonlyMap<string, ConnectorState> | null;
  /** Calls back at each change of a map or a connector; the returned function ends it. */
  readonly onChange: (callback: () => void) => () => void;
  /** Aborts when the manager closes. */
  readonly closed: AbortSignal;
}

const READY_TIMEOUT_MS = 10_000;

/**
 * Resolves once what is waited for is up. Rejects with CONNECTOR_UNKNOWN for an id that the map does not have, CONNECTOR_TIMEOUT naming what is
 * not up, or CLOSED.
 */
export async function awaitReady(target: ReadyTarget, options: ReadyOptions, view: ReadyView): Promise<void> {
  const timeoutMs = options.timeoutMs ?? READY_TIMEOUT_MS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    try {
      if (isReady(target, view.states())) resolve();
    } catch (error) {
      reject(error);
    }
  };
  const stop = view.onChange(look);
  using limit = deadline(timeoutMs, () => timeoutError(target, view.states(), timeoutMs), view.closed);
  try {
    look();
    await raceSignal(promise, limit.signal);
  } finally {
    stop();
  }
}

const isUp = (state: ConnectorState | undefined): boolean => state === 'ready' || state === 'degraded';

function isReady(target: ReadyTarget, states: ReadonlyMap<string, ConnectorState> | null): boolean {
  if (states === null) return false;
  if (target === 'any') return [...states.values()].some(isUp);
  if (target === 'all') return [...states.values()].every((state) => isUp(state) || state === 'disabled');
  if (!states.has(target))
    throw new SwitchyardError('CONNECTOR_UNKNOWN', `The service map has no connector "${target}".`);
  return isUp(states.get(target));
}

function timeoutError(
  target: ReadyTarget,
  states: ReadonlyMap<string, ConnectorState> | null,
  timeoutMs: number,
): SwitchyardError {
  const named = [...(states ?? [])].filter(([id]) => target === 'any' || target === 'all' || id === target);
  const down = named
    .filter(([, state]) => !isUp(state) && state !== 'disabled')
    .map(([id, state]) => `${id} (${state})`);
  const shown = down.slice(0, 8).join(', ') + (down.length > 8 ? ` and ${down.length - 8} more` : '');
  const why = states === null ? 'there is no service map yet' : `not up: ${shown || 'nothing is enabled'}`;
  return new SwitchyardError('CONNECTOR_TIMEOUT', `Not ready after ${timeoutMs} ms; ${why}.`, {
    detail: { phase: 'ready', timeoutMs },
  });
}
