import type { RedisOptions } from 'ioredis';
import type { Random } from '../../../shared/clock.ts';
import type { FleetSettings } from '../../../shared/fleet/fleet-settings.ts';
import { agentSettings } from '../../../shared/net/network.ts';

const DEFAULT_PORT = 6379;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Timeout of the client for its handshake. `RedisConnections` has a shorter timeout, which is extended while the event
 * loop is blocked.
 */
const HANDSHAKE_TIMEOUT_MS = 2_500;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Creates the options of ioredis. While the Redis server is unreachable, commands fail instead of waiting in a queue.
 * No command is ever sent a second time.
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
    // `Subscriptions` subscribes again itself, so that it knows when all channels are subscribed.
    autoResubscribe: false,
    // The ready check would need the command INFO, for which an ACL user may lack the permission.
    enableReadyCheck: false,
    // Redis 7.0 does not know CLIENT SETINFO.
    disableClientInfo: true,
    commandTimeout: HANDSHAKE_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The whole delay is random, so that the hosts of a fleet do not reconnect at the same moment.
    retryStrategy: (times) => random.next() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(times, 10)),
  };
}
