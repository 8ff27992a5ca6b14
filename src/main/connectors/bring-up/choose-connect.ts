import { SwitchyardError } from '../../../shared/errors.ts';
import type { Connect, ConnectOptions } from '../connection/connection.ts';
import { recordedTarget } from '../connection/recorded-target.ts';
import { connectWithSseFallback } from '../connection/sse-fallback.ts';
import { createStreamableHttpConnect } from '../streamable-http/streamable-http-connect.ts';

/**
 * Creates a {@link Connect} that picks the transport of each connector: Streamable HTTP, SSE for servers that support
 * nothing newer, and stdio. All use this package's own message layer.
 */
export function createConnect(options: ConnectOptions): Connect {
  const overHttp = createStreamableHttpConnect(options);
  // SSE and stdio are loaded when they are first needed, because few hosts use all transports.
  const overSse = onDemand(async () => (await import('../sse/sse-connect.ts')).createSseConnect(options));
  const overStdio = onDemand(async () => (await import('../stdio/stdio-connect.ts')).createStdioConnect(options));
  const { record } = options;
  return async (given, events, limits) => {
    const target = record === undefined ? given : recordedTarget(given, await record(given.id));
    if (target.command !== null) return overStdio(target, events, limits);
    return connectWithSseFallback(target, {
      overStreamableHttp: () => overHttp(target, events, limits),
      overSse: () => overSse(target, events, limits),
      statusOf: statusOfRefusal,
    });
  };
}

/** Returns a {@link Connect} that is created at its first use. */
function onDemand(make: () => Promise<Connect>): Connect {
  let made: Promise<Connect> | null = null;
  return async (...args) => {
    made ??= make();
    return (await made)(...args);
  };
}

/**
 * Returns the HTTP status with which a server refused `initialize`, or `sse` if a legacy SSE server responded. Returns
 * null for any other error, such as refused credentials or the refusal of another request.
 */
function statusOfRefusal(error: unknown): number | 'sse' | null {
  if (!(error instanceof SwitchyardError) || error.code !== 'CONNECTOR_CONNECT_FAILED') return null;
  const { status, step, transport } = error.detail;
  if (transport === 'sse') return 'sse';
  return step === 'initialize' && typeof status === 'number' ? status : null;
}
