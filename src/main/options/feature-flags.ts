import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** The settings of background refresh in the environment. */
export interface ConnectorFeatureFlags {
  /** Whether the map is refreshed in the background. */
  readonly asyncRefresh: boolean;
  readonly refreshIntervalMs: number;
}

const DEFAULT_REFRESH_INTERVAL_MS = 300_000;

/** Resolution of the canary share: a hundredth of a percent. */
const BUCKETS = 10_000;

/**
 * Reads `MCP_CONNECTOR_REFRESH_SYNC` (`true` turns the background refresh off), `MCP_CONNECTOR_REFRESH_CANARY_PERCENT`
 * and `MCP_CONNECTOR_REFRESH_INTERVAL_MS`. The percentage is the share of instances with background refresh. It
 * defaults to 100; anything that is not a number from 0 to 100 means none. The interval defaults to 300 000 ms. This
 * default also replaces anything that is not a positive finite number. An instance is identified by
 * `MCP_CONNECTOR_INSTANCE_ID`, else by its host name (docs/rollout.md).
 */
export function parseConnectorFeatureFlags(env: NodeJS.ProcessEnv = process.env): ConnectorFeatureFlags {
  const interval = Number(env.MCP_CONNECTOR_REFRESH_INTERVAL_MS ?? Number.NaN);
  return {
    asyncRefresh: env.MCP_CONNECTOR_REFRESH_SYNC?.trim().toLowerCase() !== 'true' && isCanary(env),
    refreshIntervalMs: Number.isFinite(interval) && interval > 0 ? interval : DEFAULT_REFRESH_INTERVAL_MS,
  };
}

/**
 * Whether this instance is in the chosen share. A hash of its id decides, so an instance stays in as the share grows.
 */
function isCanary(env: NodeJS.ProcessEnv): boolean {
  const text = env.MCP_CONNECTOR_REFRESH_CANARY_PERCENT?.trim() ?? '';
  if (text === '') return true;
  const percent = Number(text);
  // A mistyped share must not turn the refresh on everywhere.
  if (!(percent >= 0 && percent <= 100)) return false;
  return bucketOf(env.MCP_CONNECTOR_INSTANCE_ID?.trim() || hostname()) < (percent / 100) * BUCKETS;
}

function bucketOf(instanceId: string): number {
  return createHash('sha256').update(instanceId).digest().readUInt32BE(0) % BUCKETS;
}
