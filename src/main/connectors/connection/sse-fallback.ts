import { SwitchyardError } from '../../../shared/errors.ts';
import type { Connection, ConnectorTarget } from './connection.ts';

/** Name of the request for the event stream of a legacy server, in errors. */
export const STREAM_STEP = 'the GET of the event stream';

/** The two ways to connect over HTTP. */
export interface HttpWays {
  readonly overStreamableHttp: () => Promise<Connection>;
  readonly overSse: () => Promise<Connection>;
  /**
   * Returns the HTTP status with which the server refused `initialize` over Streamable HTTP; null if the server did not
   * refuse `initialize`. Returns `sse` if the server responded as a legacy SSE server does.
   */
  readonly statusOf: (error: unknown) => number | 'sse' | null;
}

/** The statuses with which servers of the legacy transport refuse a POST (MCP 2025-03-26, backwards compatibility). */
const UNKNOWN_THERE: readonly unknown[] = [400, 404, 405, 'sse'];

/**
 * Connects over Streamable HTTP, or over SSE if the server answers `initialize` with 400, 404 or 405, or with the event
 * that names an endpoint. The fallback is used only if the entry leaves both `transport` and `era` open, since SSE is
 * legacy. Refused credentials (401, 403), too many requests (429) and silence do not cause the fallback. Rejects with
 * the error of SSE, or with that of Streamable HTTP if the server does not know SSE either.
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

/** Whether the response to the request for an event stream says that the server has no event stream. */
function hasNoStream(error: unknown): boolean {
  if (!(error instanceof SwitchyardError) || error.code !== 'CONNECTOR_CONNECT_FAILED') return false;
  const { step, status } = error.detail;
  return step === STREAM_STEP && Number(status) < 500 && Number(status) !== 429;
}
