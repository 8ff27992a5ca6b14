import {
  type Client,
  SdkErrorCode,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { monotonicMs } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { answeredMethods, type HostSide } from '../../mcp/host-side.ts';
import type { ConnectorOAuth } from '../../options/host-interfaces.ts';
import type {
  Connect,
  Connection,
  ConnectionEvents,
  ConnectOptions,
  ConnectorTarget,
} from '../connection/connection.ts';
import { toConnectError } from '../connection/failure.ts';
import { connectWithSseFallback } from '../connection/sse-fallback.ts';
import { createSdkClient, type Era, finishLogin, type HttpTransport, openSdkClient } from './sdk-client.ts';
import { connectFailure, hasSdkCode, isRefusal, type WireTrace, withoutBody } from './sdk-errors.ts';
import { createSdkFetch, holdingStandingStream } from './sdk-fetch.ts';
import { announcedChanges } from './sdk-tool-watch.ts';

type MakeTransport = (client: Client) => HttpTransport;

/** A connector that wants a login. */
type LoginTarget = ConnectorTarget & { readonly oauth: ConnectorOAuth };
type Attempt = (makeTransport: MakeTransport, era: Era) => Promise<Connection>;

/**
 * A {@link Connect} over the official SDK for connectors with a login. All of its requests go through the dispatcher.
 */
export function createSdkConnect({ dispatcher, maxResultBytes, host }: ConnectOptions): Connect {
  return async (target, events, limits) => {
    const { oauth } = target;
    if (oauth === null) throw new SwitchyardError('INTERNAL', `Connector ${target.id} has no login.`);
    const trace: WireTrace = { lastStatus: null, isUnreachable: false, refusal: null, oversized: null };
    const endsAtMs = monotonicMs() + limits.timeoutMs;
    const once: Attempt = async (makeTransport, era) => {
      limits.signal.throwIfAborted();
      const client = createSdkClient(era, host, target.id);
      const transport = makeTransport(client);
      const rest = { signal: limits.signal, timeoutMs: Math.max(1, endsAtMs - monotonicMs()) };
      return openSdkClient({ client, transport, oauth, brokenBy: () => trace.oversized }, events, rest).catch(
        async (error: unknown) => {
          if (!(error instanceof UnauthorizedError)) throw error;
          await finishLogin(transport, oauth, limits.signal);
          throw new LoggedIn();
        },
      );
    };
    const attempt: Attempt = (makeTransport, era) =>
      once(makeTransport, era).catch((error: unknown) => {
        // A transport that was refused is used up.
        if (!(error instanceof LoggedIn)) throw error;
        return once(makeTransport, era);
      });
    try {
      return await connectByFallback(
        { ...target, oauth },
        createSdkFetch(dispatcher, trace, maxResultBytes),
        { events, host },
        trace,
        attempt,
      );
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      throw toConnectError(connectFailure(error, trace), withoutBody(error), target, limits);
    }
  };
}

/** The user has logged in: the same attempt, made again, can succeed. */
class LoggedIn extends UnauthorizedError {}

/**
 * Connects over Streamable HTTP in the wanted era, or in the legacy one where `auto` met a server that answers the
 * probe with an error; then over SSE where that is due ({@link connectWithSseFallback}).
 */
function connectByFallback(
  target: LoginTarget,
  fetch: typeof globalThis.fetch,
  { events, host }: { readonly events: ConnectionEvents; readonly host: HostSide },
  trace: WireTrace,
  attempt: Attempt,
): Promise<Connection> {
  const options = {
    fetch,
    requestInit: { headers: { ...target.headers } },
    // A redirect to elsewhere would take headers with it that only this origin may see.
    redirectPolicy: 'same-origin' as const,
    authProvider: target.oauth.provider,
  };
  const overHttp = (era: Era): Promise<Connection> =>
    attempt((client) => {
      // Calls may wait for what the server asks the host over it.
      const isNeeded = answeredMethods(host).length > 0;
      const wanted = () =>
        isNeeded ? 'now' : Object.keys(announcedChanges(client, events)).length > 0 ? 'later' : 'never';
      const held = holdingStandingStream(fetch, wanted, () => events.onToolsChanged());
      return new StreamableHTTPClientTransport(target.url, { ...options, fetch: held });
    }, era);
  const overSse = (): Promise<Connection> => attempt(() => new SSEClientTransport(target.url, options), 'legacy');
  return connectWithSseFallback(target, {
    overStreamableHttp: () =>
      overHttp(target.era).catch((error: unknown) => {
        const mayBeLegacy =
          target.era === 'auto' && hasSdkCode(error, SdkErrorCode.EraNegotiationFailed) && wasAnswered(error, trace);
        if (mayBeLegacy) return overHttp('legacy');
        throw error;
      }),
    overSse,
    statusOf: (error) => (wasAnswered(error, trace) ? trace.lastStatus : null),
  });
}

function wasAnswered(error: unknown, trace: WireTrace): boolean {
  return !trace.isUnreachable && trace.lastStatus !== null && !isRefusal(error, trace.lastStatus);
}
