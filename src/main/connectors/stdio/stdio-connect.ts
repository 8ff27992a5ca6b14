import { raceSignal } from '../../../shared/clock.ts';
import { rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { EraPolicy } from '../../../shared/map/service-map.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { recordStray } from '../../observability/instruments.ts';
import { transportAttributes } from '../../observability/telemetry/mcp-attributes.ts';
import { TracedChannel } from '../../observability/telemetry/traced-channel.ts';
import type {
  Connect,
  Connection,
  ConnectionEvents,
  ConnectOptions,
  ConnectorTarget,
} from '../connection/connection.ts';
import { EraMemory } from '../connection/era-memory.ts';
import { ClosedConnection, toConnectError } from '../connection/failure.ts';
import type { StdioCommand } from '../connection/local-entry.ts';
import { announcedLists, noticesOf } from '../messages/announced-lists.ts';
import { assertNotSelf, type Handshake, shakeHands } from '../messages/handshake.ts';
import type { MessageChannel } from '../messages/message-channel.ts';
import { MessageConnection } from '../messages/message-connection.ts';
import { requestFailure } from '../messages/request-failure.ts';
import { ServerMessages } from '../messages/server-messages.ts';
import { StdioChannel } from './stdio-channel.ts';
import { keepSubscription } from './stdio-subscription.ts';
import { createStdioTransport, type StdioTransport } from './stdio-transport.ts';

/** How long a program may ignore the probe for the modern era before `initialize` is sent beside it. */
const SILENCE_MS = 2_000;

/** The part of the options that programs need. */
type StdioConnectOptions = Pick<ConnectOptions, 'maxResultBytes' | 'host' | 'eras' | 'programs'>;

/** A program that is running, and the messages that go to and fro. */
interface RunningProgram {
  readonly transport: StdioTransport;
  readonly channel: StdioChannel;
  /** The channel, for the requests of the connection. */
  readonly traced: MessageChannel;
  readonly messages: ServerMessages;
  /** Whether it has sent a message. */
  readonly hasSpoken: () => boolean;
}

/**
 * A {@link Connect} to programs of this machine, over their standard streams, in both eras. Whatever ends the attempt,
 * the program and all that it started are gone when the promise rejects.
 */
export function createStdioConnect(options: StdioConnectOptions): Connect {
  const { host, eras = new EraMemory() } = options;
  return async (target, events, limits) => {
    const { command } = target;
    if (command === null) throw new SwitchyardError('INTERNAL', `Connector ${target.id} has no command.`);
    const endpoint = endpointOf(command);
    const attempt = async (era: EraPolicy): Promise<Connection> => {
      limits.signal.throwIfAborted();
      const program = startProgram(command, target, events, options);
      const { transport } = program;
      try {
        await raceSignal(
          transport.start().then(() => options.programs?.started(transport.pid ?? 0)),
          limits.signal,
        );
        const how = { endpoint, eras, transport: 'stdio', silenceMs: SILENCE_MS } as const;
        const handshake = await raceSignal(shakeHands(program.traced, era, host.capabilities, how), limits.signal);
        assertNotSelf(host, handshake, target.id);
        return connectionOf(program, handshake, target, events, host);
      } catch (error) {
        await transport.close();
        if (limits.signal.aborted) throw limits.signal.reason;
        // Some programs end at the first message that they do not know.
        const mayBeLegacy =
          era === 'auto' && transport.exit !== null && !program.hasSpoken() && !eras.isLegacy(endpoint);
        if (mayBeLegacy) return attempt('legacy');
        throw transport.failure ?? startError(error, target, limits);
      }
    };
    const connection = await attempt(target.era);
    if (connection.facts.era === 'legacy') eras.noteLegacy(endpoint);
    return connection;
  };
}

/** Programs have no address: the same command is the same server. */
function endpointOf({ command, args }: StdioCommand): string {
  return `stdio:${JSON.stringify([command, ...args])}`;
}

function startProgram(
  command: StdioCommand,
  target: ConnectorTarget,
  events: ConnectionEvents,
  { maxResultBytes, host, programs }: StdioConnectOptions,
): RunningProgram {
  let hasSpoken = false;
  const transport = createStdioTransport(command, { maxMessageBytes: maxResultBytes });
  const messages: ServerMessages = new ServerMessages(() => channel, target.id, host, events);
  const channel = new StdioChannel(transport, host.capabilities, {
    onMessage: (message) => {
      // Acknowledges a subscription, which changes nothing for anybody.
      if (message.method !== 'notifications/subscriptions/acknowledged') messages.take(message);
    },
    onStray: recordStray,
  });
  transport.onmessage = (value) => {
    if (!hasSpoken) events.onFirstMessage?.();
    hasSpoken = true;
    channel.take(value);
  };
  transport.onoutput = () => events.onOutput?.();
  transport.onclose = () => {
    const wasUp = messages.isUp;
    if (transport.pid !== null) programs?.ended(transport.pid);
    const reason = transport.failure ?? new ClosedConnection();
    messages.down();
    channel.end(reason);
    if (wasUp) events.onLost(reason);
  };
  events.onProcess?.(transport);
  return {
    transport,
    channel,
    traced: new TracedChannel(channel, transportAttributes('stdio')),
    messages,
    hasSpoken: () => hasSpoken,
  };
}

function connectionOf(
  { transport, channel, traced, messages }: RunningProgram,
  { facts }: Handshake,
  { id }: ConnectorTarget,
  events: ConnectionEvents,
  host: ConnectOptions['host'],
): Connection {
  messages.up();
  const notices = announcedLists(facts.capabilities, events.onNotification !== undefined);
  const subscribe = (wanted: JsonObject, onMissed: () => void): (() => void) =>
    keepSubscription(channel, wanted, onMissed);
  const stop =
    facts.era === 'modern' && Object.keys(notices).length > 0
      ? subscribe(notices, () => {
          events.onToolsChanged();
          for (const method of noticesOf(notices)) events.onNotification?.(method, {});
        })
      : () => {};
  const answerer = { host, connectorId: id };
  return new MessageConnection(traced, facts, answerer, {
    subscribe: (uri) => subscribe({ resourceSubscriptions: [uri] }, () => {}),
    async end() {
      messages.down();
      stop();
      channel.end(new ClosedConnection());
      await transport.close();
    },
  });
}

/** The coded form of a handshake that failed though the program runs. */
function startError(error: unknown, target: ConnectorTarget, limits: Parameters<Connect>[2]): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  const failure = requestFailure(error);
  return failure.kind === 'network'
    ? new SwitchyardError(
        'CONNECTOR_CONNECT_FAILED',
        `Connector ${target.id} cannot be connected: ${rootReason(error)}`,
        { cause: error },
      )
    : toConnectError(failure, error, target, limits);
}
