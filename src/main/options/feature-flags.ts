import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** The settings for background refresh, usually read from environment variables. */
export interface ConnectorFeatureFlags {
  /** Whether maps are refreshed in the background. */
  readonly asyncRefresh: boolean;
  readonly refreshIntervalMs: number;
}

const DEFAULT_REFRESH_INTERVAL_MS = 300_000;

/** Number of buckets over which hosts are distributed for the canary. One bucket is a hundredth of a percent. */
const BUCKETS = 10_000;

/**
 * Reads the settings for background refresh. `MCP_CONNECTOR_REFRESH_SYNC=true` turns background refresh off.
 * `MCP_CONNECTOR_REFRESH_CANARY_PERCENT` is the share of hosts that have background refresh. It defaults to 100, and an
 * invalid value is treated as 0. `MCP_CONNECTOR_REFRESH_INTERVAL_MS` is the interval. It defaults to 300 000, also for
 * an invalid value. A host is identified by `MCP_CONNECTOR_INSTANCE_ID`, or else by its host name (docs/rollout.md).
 */
export function parseConnectorFeatureFlags(env: NodeJS.ProcessEnv = process.env): ConnectorFeatureFlags {
  const interval = Number(env.MCP_CONNECTOR_REFRESH_INTERVAL_MS ?? Number.NaN);
  return {
    asyncRefresh: env.MCP_CONNECTOR_REFRESH_SYNC?.trim().toLowerCase() !== 'true' && isCanary(env),
    refreshIntervalMs: Number.isFinite(interval) && interval > 0 ? interval : DEFAULT_REFRESH_INTERVAL_MS,
  };
}

/**
 * Whether this host is in the canary. This depends on a hash of the host's id, so a host stays in the canary when the
 * share grows.
 */
function isCanary(env: NodeJS.ProcessEnv): boolean {
  const text = env.MCP_CONNECTOR_REFRESH_CANARY_PERCENT?.trim() ?? '';
  if (text === '') return true;
  const percent = Number(text);
  // A mistyped share must not turn background refresh on for every host.
  if (!(percent >= 0 && percent <= 100)) return false;
  return bucketOf(env.MCP_CONNECTOR_INSTANCE_ID?.trim() || hostname()) < (percent / 100) * BUCKETS;
}

function bucketOf(instanceId: string): number {
  return createHash('sha256').update(instanceId).digest().readUInt32BE(0) % BUCKETS;
}
