import { SdkErrorCode } from '@modelcontextprotocol/client';
import { monotonicMs } from '../../../shared/clock.ts';
import { rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { Connect, ConnectOptions, ConnectorTarget } from '../connection/connection.ts';
import { createStdioTransport } from '../stdio/stdio-transport.ts';
import { createSdkClient, type Era, openSdkClient } from './sdk-client.ts';
import { hasSdkCode } from './sdk-errors.ts';

/** A {@link Connect} to programs of this machine, over the official SDK. */
export function createStdioConnect({ maxResultBytes, host }: Pick<ConnectOptions, 'maxResultBytes' | 'host'>): Connect {
  return async (target, events, limits) => {
    const { command } = target;
    if (command === null) throw new SwitchyardError('INTERNAL', `Connector ${target.id} is no program.`);
    const endsAtMs = monotonicMs() + limits.timeoutMs;
    const attempt = async (era: Era): ReturnType<Connect> => {
      limits.signal.throwIfAborted();
      // Some take no notice of a probe that they do not know: half the time is for it, the rest for the legacy handshake.
      const client = createSdkClient(era, host, target.id, Math.ceil(limits.timeoutMs / 2));
      const transport = createStdioTransport(command, { maxMessageBytes: maxResultBytes });
      events.onProcess?.(transport);
      const rest = { signal: limits.signal, timeoutMs: Math.max(1, endsAtMs - monotonicMs()) };
      try {
        return await openSdkClient({ client, transport, oauth: null, brokenBy: () => null }, events, rest);
      } catch (error) {
        // Some end at the first message that they do not know.
        const mayBeLegacy = era === 'auto' && hasSdkCode(error, SdkErrorCode.EraNegotiationFailed);
        if (mayBeLegacy && transport.exit !== null && !limits.signal.aborted) return attempt('legacy');
        throw limits.signal.aborted ? limits.signal.reason : startError(error, target, transport.failure);
      }
    };
    return attempt(target.era);
  };
}

/** What the program's own end says is more than what the SDK makes of it. */
function startError(error: unknown, target: ConnectorTarget, failure: SwitchyardError | null): SwitchyardError {
  if (failure !== null) return failure;
  if (error instanceof SwitchyardError) return error;
  return new SwitchyardError(
    'CONNECTOR_CONNECT_FAILED',
    `Connector ${target.id} cannot be connected: ${rootReason(error)}`,
    { cause: error },
  );
}
