import { settledWithin, systemRandom } from '../../shared/clock.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import { fleetKeys } from '../../shared/fleet/fleet-keys.ts';
import { FleetSealer } from '../../shared/fleet/fleet-sealer.ts';
import type { FleetSettings } from '../../shared/fleet/fleet-settings.ts';
import type { FleetApi, FleetEvent } from '../../shared/protocol/fleet/fleet-messages.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/thread-messages.ts';
import { loadRedisClient } from './connection/redis-client.ts';
import { RedisConnections } from './connection/redis-connections.ts';
import { createParts } from './create-parts.ts';
import { reply } from './fleet-part.ts';
import { limitRefusals } from './limit-refusals.ts';

/** Timeout for all parts together to leave the fleet. */
const LEAVE_TIMEOUT_MS = 1_000;

/** API of a session. Until the main thread has called `open`, only `open` and `close` exist. */
export type SessionApi = Partial<FleetApi> & Pick<FleetApi, 'open' | 'close'>;

/**
 * Creates the session of one manager on the fleet thread. Each session is a separate host of the fleet with its own
 * connections. `tell` sends events to the main thread.
 */
export function createSession(tell: (event: FleetEvent) => void): SessionApi {
  const emit = limitRefusals(tell);
  const leaving: (() => Promise<void>)[] = [];
  let redis: RedisConnections | null = null;

  const open = async (settings: FleetSettings): Promise<void> => {
    const Client = await loadRedisClient();
    const keys = fleetKeys(settings.id);
    const connections = new RedisConnections(Client, settings, {
      random: systemRandom,
      onRefused: (what, why) => emit({ kind: 'refused', what: what.replace(keys.prefix, ''), why }),
    });
    redis = connections;
    const sealer = new FleetSealer(settings.id, settings.secrets);
    const onClose = (work: () => Promise<void>): void => {
      leaving.push(work);
    };
    const deps = { redis: connections, keys, sealer, settings, random: systemRandom, emit, onClose };
    Object.assign(api, createParts(deps));
    connections.onChange((isConnected) => {
      emit({ kind: 'connection', isConnected, why: connections.lastReason });
    });
    connections.onFailure((why) => emit({ kind: 'connection', isConnected: false, why }));
    connections.connect();
  };

  const api: SessionApi = {
    open: (version, settings) =>
      reply(async () => {
        if (version !== PROTOCOL_VERSION) {
          const message = `The fleet thread uses protocol ${PROTOCOL_VERSION}, but the main thread uses ${version}.`;
          throw new SwitchyardError('PROTOCOL_MISMATCH', message);
        }
        await open(settings);
        return null;
      }),
    close: () =>
      reply(async () => {
        await settledWithin(Promise.allSettled(leaving.splice(0).map((leave) => leave())), LEAVE_TIMEOUT_MS);
        redis?.close();
        return null;
      }),
  };
  return api;
}
