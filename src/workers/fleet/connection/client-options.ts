import type { RedisOptions } from 'ioredis';
import type { Random } from '../../../shared/clock.ts';
import type { FleetSettings } from '../../../shared/fleet/fleet-settings.ts';
import { agentSettings } from '../../../shared/net/network.ts';

const DEFAULT_PORT = 6379;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Deadline of the client's handshake. `RedisConnections` has a shorter deadline, which is extended while the event loop
 * is blocked.
 */
const HANDSHAKE_TIMEOUT_MS = 2_500;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Builds the options of ioredis. No command is queued while the server is unreachable, and no command is sent a second
 * time.
 */
export function clientOptions(settings: FleetSettings, random: Random): RedisOptions {
  const { hostname, port, pathname } = new URL(settings.url);
  const { tls, username, password } = settings;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? DEFAULT_PORT : Number(port),
    db: Number(pathname.slice(1)),
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(tls !== null && { tls: { ...agentSettings({ id: '', tls, proxy: null }).connect } }),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // `Subscriptions` renews subscriptions itself, so that it knows when they are complete.
    autoResubscribe: false,
    // The ready check needs INFO, which an ACL user otherwise does not need.
    enableReadyCheck: false,
    // Redis 7.0 does not know CLIENT SETINFO.
    disableClientInfo: true,
    commandTimeout: HANDSHAKE_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Full jitter, so that the hosts of a fleet do not reconnect at the same moment.
    retryStrategy: (times) => random.next() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(times, 10)),
  };
}
