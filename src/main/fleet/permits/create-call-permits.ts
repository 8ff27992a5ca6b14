import { type Random, startTimer } from '../../../shared/clock.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Fleet } from '../fleet.ts';
import type { CreateCallPermits } from './call-permits.ts';
import { ConnectorPermits } from './connector-permits.ts';

/**
 * How long the first calls of a process wait for the connection to the fleet. A single attempt to connect takes less
 * time.
 */
const JOIN_WITHIN_MS = 2_500;

export interface CallPermitsDeps {
  readonly logger: Logger;
  readonly random: Random;
}

/**
 * Returns a function that creates the permits of one connector, for quotas that the whole fleet shares. Returns null if
 * each host counts its own calls. Logs QUOTA_LOCAL when the fleet can no longer count calls, and another line when it
 * can count calls again.
 */
export function createCallPermits(
  fleet: Pick<Fleet, 'ask' | 'hostCount' | 'hostId' | 'quotas' | 'isConnected' | 'on'>,
  { logger, random }: CallPermitsDeps,
): CreateCallPermits | null {
  if (fleet.quotas === 'own') return null;
  const used = new Set<ConnectorPermits>();
  const failing = new Set<ConnectorPermits>();
  let linkState: 'joining' | 'up' | 'down' = fleet.isConnected ? 'up' : 'joining';
  let isToldAlone = false;
  let made = 0;

  const tell = (error: SwitchyardError | null): void => {
    const isAlone = failing.size > 0 || (linkState === 'down' && used.size > 0);
    if (isAlone === isToldAlone) return;
    isToldAlone = isAlone;
    if (!isAlone) {
      logger.info({ event: 'quota-shared' }, 'Quotas are counted together with the other hosts again');
      return;
    }
    const hosts = fleet.hostCount;
    const does = fleet.quotas === 'refuse' ? 'calls with a quota are refused' : `this host enforces 1/${hosts} of each`;
    const fields = { event: 'quota-local', code: 'QUOTA_LOCAL', hosts, without: fleet.quotas };
    logger.warn({ ...fields, ...(error && { err: error }) }, `The fleet cannot count calls for quotas: ${does}`);
  };
  const setLink = (state: 'up' | 'down'): void => {
    if (linkState === state) return;
    linkState = state;
    for (const permits of used) permits.linkChanged();
    tell(null);
  };
  fleet.on('connection', ({ isConnected }) => setLink(isConnected ? 'up' : 'down'));
  startTimer(JOIN_WITHIN_MS, () => {
    if (linkState === 'joining') setLink('down');
  });

  return (connectorId, line) => {
    made += 1;
    const permits: ConnectorPermits = new ConnectorPermits({
      ...{ fleet, random, connectorId, line, holder: `${fleet.hostId}.${made}` },
      linkState: () => linkState,
      onUsed: (isUsed) => {
        if (isUsed) used.add(permits);
        else {
          used.delete(permits);
          failing.delete(permits);
        }
        tell(null);
      },
      onFailing: (error) => {
        if (error === null) failing.delete(permits);
        else failing.add(permits);
        tell(error);
      },
    });
    return permits;
  };
}
