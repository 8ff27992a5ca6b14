import { SwitchyardError } from '../../../shared/errors.ts';
import type { Connection, ConnectorTarget } from './connection.ts';

/** How errors name the request for the event stream of a legacy server. */
export const STREAM_STEP = 'the GET of the event stream';

/** The two ways to a connector over HTTP. */
export interface HttpWays {
  readonly overStreamableHttp: () => Promise<Connection>;
  readonly overSse: () => Promise<Connection>;
  /**
   * The HTTP status with which the server refused `initialize` over Streamable HTTP; null where it did not. `sse` where
   * it answered as a legacy SSE server does.
   */
  readonly statusOf: (error: unknown) => number | 'sse' | null;
}

/** The statuses with which servers of the legacy transport refuse a POST (MCP 2025-03-26, backwards compatibility). */
const UNKNOWN_THERE: readonly unknown[] = [400, 404, 405, 'sse'];

/**
 * Connects over Streamable HTTP, or over SSE if the server answers `initialize` with 400, 404 or 405, or with the event
 * that names an endpoint. It does so only where the entry leaves both the transport and the era open, since SSE is
 * legacy. Refused credentials (401, 403), too many requests (429) and silence are no reason for SSE. Rejects as SSE
 * does, or as Streamable HTTP did where SSE is unknown there as well.
 */
export async function connectWithSseFallback(target: ConnectorTarget, ways: HttpWays): Promise<Connection> {
  if (target.transport === 'sse') return ways.overSse();
  try {
    return await ways.overStreamableHttp();
  } catch (error) {
    const isOpen = target.transport === 'auto' && target.era !== 'modern';
    const status = ways.statusOf(error);
    if (!isOpen || !UNKNOWN_THERE.includes(status)) throw error;
    return ways.overSse().catch((sseError: unknown) => {
      throw status !== 'sse' && hasNoStream(sseError) ? error : sseError;
    });
  }
}

/** Whether a server answered the request for its event stream in a way that says that it has none. */
function hasNoStream(error: unknown): boolean {
  if (!(error instanceof SwitchyardError) || error.code !== 'CONNECTOR_CONNECT_FAILED') return false;
  const { step, status } = error.detail;
  return step === STREAM_STEP && Number(status) < 500 && Number(status) !== 429;
}
