import { SwitchyardError } from '../../../shared/errors.ts';
import type { Connect, ConnectOptions } from '../connection/connection.ts';
import { connectWithSseFallback } from '../connection/sse-fallback.ts';
import { createStreamableHttpConnect } from '../streamable-http/streamable-http-connect.ts';

/**
 * Connects each connector over the transport that fits it, all over our own message layer: Streamable HTTP, SSE where
 * a server knows nothing newer, and stdio. Logins take the official SDK's client.
 */
export function createConnect(options: ConnectOptions): Connect {
  const overHttp = createStreamableHttpConnect(options);
  // Few hosts need all of them, and the SDK takes tens of milliseconds to load.
  const overSse = onDemand(async () => (await import('../sse/sse-connect.ts')).createSseConnect(options));
  const overSdk = onDemand(async () => (await import('../sdk/sdk-connection.ts')).createSdkConnect(options));
  const overStdio = onDemand(async () => (await import('../stdio/stdio-connect.ts')).createStdioConnect(options));
  return async (target, events, limits) => {
    if (target.command !== null) return overStdio(target, events, limits);
    // The SDK has the one client for OAuth.
    if (target.oauth !== null) return overSdk(target, events, limits);
    return connectWithSseFallback(target, {
      overStreamableHttp: () => overHttp(target, events, limits),
      overSse: () => overSse(target, events, limits),
      statusOf: statusOfRefusal,
    });
  };
}

/** A {@link Connect} that is created when it is first used. */
function onDemand(make: () => Promise<Connect>): Connect {
  let made: Promise<Connect> | null = null;
  return async (...args) => {
    made ??= make();
    return (await made)(...args);
  };
}

/** How a server refused `initialize`. Refused credentials have another code, and other steps say nothing of SSE. */
function statusOfRefusal(error: unknown): number | 'sse' | null {
  if (!(error instanceof SwitchyardError) || error.code !== 'CONNECTOR_CONNECT_FAILED') return null;
  const { status, step, transport } = error.detail;
  if (transport === 'sse') return 'sse';
  return step === 'initialize' && typeof status === 'number' ? status : null;
}
