import type { Connection, ConnectorTarget } from './connection.ts';

/** The two ways to a connector over HTTP. */
export interface HttpWays {
  readonly overStreamableHttp: () => Promise<Connection>;
  readonly overSse: () => Promise<Connection>;
  /** The HTTP status with which the server refused Streamable HTTP; null where it did not answer with one. */
  readonly statusOf: (error: unknown) => number | null;
}

/**
 * Connects over Streamable HTTP, or over SSE if the server answers that with 4xx (MCP 2025-03-26, backwards
 * compatibility). It does so only where the entry leaves both the transport and the era open, since SSE is legacy.
 * Refused credentials (401, 403) and silence are no reason for SSE. Rejects as the last way does that it tried.
 */
export async function connectWithSseFallback(target: ConnectorTarget, ways: HttpWays): Promise<Connection> {
  if (target.transport === 'sse') return ways.overSse();
  try {
    return await ways.overStreamableHttp();
  } catch (error) {
    if (target.transport !== 'auto' || target.era === 'modern' || !isUnknownThere(ways.statusOf(error))) throw error;
    return ways.overSse();
  }
}

function isUnknownThere(status: number | null): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 401 && status !== 403;
}
