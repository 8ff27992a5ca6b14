import { deadline, raceSignal } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import type { ConnectorState } from '../../../connectors/connector-state.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';

/**
 * Waits until the connector is up after a login. Rejects with CONNECTOR_UNAVAILABLE if an attempt to connect fails, or
 * if the connector is not up within `timeoutMs`. This error quotes the error of the connector. Rejects with the reason
 * of `signal` if `signal` aborts.
 */
export async function awaitUp(
  manager: ConnectorProxyManager,
  connectorId: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const notUp = (): SwitchyardError => {
    const { state, lastError } = manager.connector(connectorId)?.status ?? {};
    const why = lastError == null ? `it is ${state ?? 'gone'}` : `${lastError.code}: ${lastError.message}`;
    return new SwitchyardError('CONNECTOR_UNAVAILABLE', `You are logged in, but ${connectorId} is not up: ${why}`);
  };
  using patience = deadline(timeoutMs, notUp, signal);
  let hasTried = false;
  const stop = manager.on('connector', ({ connectorId: id, to }) => {
    if (id !== connectorId) return;
    if (isUp(to)) resolve();
    else if (to === 'connecting') hasTried = true;
    else if (hasTried) reject(notUp());
  });
  const state = manager.connector(connectorId)?.status?.state;
  hasTried = state === 'connecting';
  if (state !== undefined && isUp(state)) resolve();
  try {
    await raceSignal(promise, patience.signal);
  } finally {
    stop();
  }
}

function isUp(state: ConnectorState): boolean {
  return state === 'ready' || state === 'degraded';
}
