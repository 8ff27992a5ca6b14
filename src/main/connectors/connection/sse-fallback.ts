import { SwitchyardError } from '../../../shared/errors.ts';
import type { Connection, ConnectorTarget } from './connection.ts';

/** The name that errors use for the request that opens the event stream of a legacy server. */
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

/**
 * The results of `statusOf` after which SSE is tried: the statuses with which legacy SSE servers refuse a POST (MCP
 * 2025-03-26, backwards compatibility), and `sse`.
 */
const UNKNOWN_THERE: readonly unknown[] = [400, 404, 405, 'sse'];

/**
 * Connects over Streamable HTTP. If the server responds to `initialize` with 400, 404 or 405, or with the `endpoint`
 * event of legacy SSE servers, connects over SSE instead. This happens only if the entry prescribes neither a
 * `transport` nor the modern `era`, since SSE is legacy. Refused credentials (401, 403), too many requests (429) and
 * silence do not lead to SSE. Rejects with the error of SSE, or with the error of Streamable HTTP if the server does
 * not support SSE either.
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
