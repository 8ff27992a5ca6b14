import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** What the environment says about background refresh. */
export interface ConnectorFeatureFlags {
  /** Whether the map is refreshed in the background. */
  readonly asyncRefresh: boolean;
  readonly refreshIntervalMs: number;
}

const DEFAULT_REFRESH_INTERVAL_MS = 300_000;

/** Instances are told apart to a hundredth of a percent. */
const BUCKETS = 10_000;

/**
 * Reads `MCP_CONNECTOR_REFRESH_SYNC` (`true` turns the background refresh off), `MCP_CONNECTOR_REFRESH_CANARY_PERCENT` (the share of instances that have it;
 * 100 where it is absent, none where it is no number from 0 to 100) and `MCP_CONNECTOR_REFRESH_INTERVAL_MS` (300000; anything that is not a positive finite
 * number falls back to it). An instance is told by `MCP_CONNECTOR_INSTANCE_ID`, else by the name of its machine: docs/rollout.md.
 */
export function parseConnectorFeatureFlags(env: NodeJS.ProcessEnv = process.env): ConnectorFeatureFlags {
  const interval = Number(env.MCP_CONNECTOR_REFRESH_INTERVAL_MS ?? Number.NaN);
  return {
    asyncRefresh: env.MCP_CONNECTOR_REFRESH_SYNC?.trim().toLowerCase() !== 'true' && isCanary(env),
    refreshIntervalMs: Number.isFinite(interval) && interval > 0 ? interval : DEFAULT_REFRESH_INTERVAL_MS,
  };
}

/** Whether this instance is among the chosen share: by a hash of its id, so that it stays among them as the share grows. */
function isCanary(env: NodeJS.ProcessEnv): boolean {
  const text = env.MCP_CONNECTOR_REFRESH_CANARY_PERCENT?.trim() ?? '';
  if (text === '') return true;
  const percent = Number(text);
  // Who mistypes a share has not said that all should have it.
  if (!(percent >= 0 && percent <= 100)) return false;
  return bucketOf(env.MCP_CONNECTOR_INSTANCE_ID?.trim() || hostname()) < (percent / 100) * BUCKETS;
}

function bucketOf(instanceId: string): number {
  return createHash('sha256').update(instanceId).digest().readUInt32BE(0) % BUCKETS;
}
