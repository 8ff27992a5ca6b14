/** What the environment says about background refresh. */
export interface ConnectorFeatureFlags {
  /** Whether the map is refreshed in the background. */
  readonly asyncRefresh: boolean;
  readonly refreshIntervalMs: number;
}

const DEFAULT_REFRESH_INTERVAL_MS = 300_000;

/**
 * Reads `MCP_CONNECTOR_REFRESH_SYNC` (`true` turns the background refresh off) and `MCP_CONNECTOR_REFRESH_INTERVAL_MS`
 * (300000; anything that is not a positive finite number falls back to it).
 */
export function parseConnectorFeatureFlags(env: NodeJS.ProcessEnv = process.env): ConnectorFeatureFlags {
  const interval = Number(env.MCP_CONNECTOR_REFRESH_INTERVAL_MS ?? Number.NaN);
  return {
    asyncRefresh: env.MCP_CONNECTOR_REFRESH_SYNC?.trim().toLowerCase() !== 'true',
    refreshIntervalMs: Number.isFinite(interval) && interval > 0 ? interval : DEFAULT_REFRESH_INTERVAL_MS,
  };
}
