import { SwitchyardError } from '../../../shared/errors.ts';
import type { Connect, ConnectOptions, ConnectorTarget } from '../connection/connection.ts';
import { createStreamableHttpConnect } from '../streamable-http/streamable-http-connect.ts';

/**
 * Connects each connector the way it can: Streamable HTTP by our own means; programs, SSE and OAuth, which are rarer, by the official SDK. Where
 * `auto` meets a server that answers Streamable HTTP with 4xx, SSE is tried (MCP 2025-03-26, backwards compatibility).
 */
export function createConnect(options: ConnectOptions): Connect {
  const overHttp = createStreamableHttpConnect(options);
  // The SDK takes tens of milliseconds to load, which many hosts never need: not before it is.
  const overSdk = onDemand(async () => (await import('../sdk/sdk-connection.ts')).createSdkConnect(options));
  const overStdio = onDemand(async () => (await import('../stdio/stdio-connect.ts')).createStdioConnect(options));
  return async (target, events, limits) => {
    if (target.command !== null) return overStdio(target, events, limits);
    if (needsSdk(target)) return overSdk(target, events, limits);
    try {
      return await overHttp(target, events, limits);
    } catch (error) {
      const mayBeSse = target.transport === 'auto' && target.era !== 'modern' && isUnknownThere(error);
      if (!mayBeSse) throw error;
      return overSdk({ ...target, transport: 'sse' }, events, limits);
    }
  };
}

/** A way to connect that is made when it is first used. */
function onDemand(make: () => Promise<Connect>): Connect {
  let made: Promise<Connect> | null = null;
  return async (...args) => {
    made ??= make();
    return (await made)(...args);
  };
}

function needsSdk({ transport, oauth }: ConnectorTarget): boolean {
  return transport === 'sse' || oauth !== null;
}

/** Whether the server is there and takes no Streamable HTTP. Refused credentials are another matter. */
function isUnknownThere(error: unknown): boolean {
  if (!(error instanceof SwitchyardError) || error.code !== 'CONNECTOR_CONNECT_FAILED') return false;
  const { status } = error.detail;
  return typeof status === 'number' && status >= 400 && status < 500;
}
