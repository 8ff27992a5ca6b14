import { raceSignal, startTimer } from '../../../shared/clock.ts';
import { rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { EraPolicy } from '../../../shared/map/service-map.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
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
import { SMALL_ANSWER_BYTES } from '../exchange/body-sink.ts';
import { announcedLists, noticesOf } from '../messages/announced-lists.ts';
import type { WhenSilent } from '../messages/era/agree-on-era.ts';
import { assertNotSelf, type Handshake, shakeHands } from '../messages/handshake.ts';
import type { MessageChannel } from '../messages/message-channel.ts';
import { MessageConnection } from '../messages/message-connection.ts';
import { recordedChannel } from '../messages/recording/recorded-channel.ts';
import { requestFailure } from '../messages/request-failure.ts';
import { ServerMessages } from '../messages/server-messages.ts';
import { StdioChannel } from './stdio-channel.ts';
import { keepSubscription } from './stdio-subscription.ts';
import { createStdioTransport, type StdioTransport } from './stdio-transport.ts';

/**
 * How long the modern probe may stay unanswered before `initialize` is sent in parallel: SILENCE_MS after the server's
 * first output on stdout, or START_SILENCE_MS after its start, whichever comes first. A server that has written nothing
 * may still be loading, so it gets more time.
 */
const SILENCE_MS = 2_000;
const START_SILENCE_MS = 10_000;

/** The part of the options that stdio servers need. */
type StdioConnectOptions = Pick<ConnectOptions, 'maxResultBytes' | 'host' | 'eras' | 'programs'>;

/** A running stdio server, and the objects that exchange its messages. */
interface RunningProgram {
  readonly transport: StdioTransport;
  readonly channel: StdioChannel;
  /** The channel for the requests of the connection. It traces and records these requests. */
  readonly traced: MessageChannel;
  readonly messages: ServerMessages;
  /** Resolves when the server writes to stdout for the first time. */
  readonly awake: Promise<void>;
  /** Whether the server has sent any response. */
  readonly hasAnswered: () => boolean;
}

/**
 * Creates a {@link Connect} to modern and legacy stdio servers on this machine. If an attempt to connect fails, the
 * stdio server and all processes that it started have already ended.
 */
export function createStdioConnect(options: StdioConnectOptions): Connect {
  const { host, eras = new EraMemory() } = options;
  return async (target, events, limits) => {
    const { command } = target;
    if (command === null)
      throw new SwitchyardError('INTERNAL', `Internal error: connector ${target.id} has no command.`);
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
        const how = { endpoint, eras, transport: 'stdio', whenSilent: whenSilent(program.awake) } as const;
        const handshake = await raceSignal(shakeHands(program.traced, era, host.capabilities, how), limits.signal);
        assertNotSelf(host, handshake, target.id);
        return connectionOf(program, handshake, target, events, host);
      } catch (error) {
        await transport.close();
        if (limits.signal.aborted) throw limits.signal.reason;
        // Some legacy servers exit when they get a message that they do not know, such as the probe.
        const mayBeLegacy =
          era === 'auto' && transport.exit !== null && !program.hasAnswered() && !eras.isLegacy(endpoint);
        if (mayBeLegacy) {
          const legacy = await attempt('legacy');
          eras.noteLegacy(endpoint);
          return legacy;
        }
        throw transport.failure ?? startError(error, target, limits);
      }
    };
    return await attempt(target.era);
  };
}

/**
 * Returns a function that calls its callback when a server has ignored the probe for too long. `awake` resolves when
 * the server first writes to stdout.
 */
function whenSilent(awake: Promise<void>): WhenSilent {
  return (begin) => {
    const timers = [startTimer(START_SILENCE_MS, begin, { keepAlive: true })];
    let isOver = false;
    void awake.then(() => {
      if (!isOver) timers.push(startTimer(SILENCE_MS, begin, { keepAlive: true }));
    });
    return () => {
      isOver = true;
      for (const timer of timers) timer.cancel();
    };
  };
}

/**
 * Returns the key under which `eras` stores the protocol generation of a stdio server. Servers with the same command
 * and the same arguments share the key.
 */
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
  let hasAnswered = false;
  const awake = Promise.withResolvers<void>();
  const transport = createStdioTransport(command, {
    maxMessageBytes: maxResultBytes,
    maxFirstBytes: SMALL_ANSWER_BYTES,
  });
  const messages: ServerMessages = new ServerMessages(() => channel, target, host, events);
  const channel = new StdioChannel(transport, host.capabilities, {
    onMessage: (message) => {
      // The server's acknowledgement of a subscription needs no reaction.
      if (message.method !== 'notifications/subscriptions/acknowledged') messages.take(message);
    },
    onStray: recordStray,
  });
  transport.onmessage = (value) => {
    if (!hasSpoken) events.onFirstMessage?.();
    hasSpoken = true;
    hasAnswered ||= isAnswer(value);
    channel.take(value);
  };
  transport.onstdout = () => awake.resolve();
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
  const traced = recordedChannel(new TracedChannel(channel, transportAttributes('stdio')), target.record);
  return { transport, channel, traced, messages, awake: awake.promise, hasAnswered: () => hasAnswered };
}

function isAnswer(value: unknown): boolean {
  return isObject(value) && (isObject(value.result) || isObject(value.error));
}

function connectionOf(
  { transport, channel, traced, messages }: RunningProgram,
  { facts }: Handshake,
  { id }: ConnectorTarget,
  events: ConnectionEvents,
  host: ConnectOptions['host'],
): Connection {
  messages.up();
  transport.trust();
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

/** Returns the coded error of a handshake that failed while the process was still running. */
function startError(error: unknown, target: ConnectorTarget, limits: Parameters<Connect>[2]): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  const failure = requestFailure(error);
  return failure.kind === 'network'
    ? new SwitchyardError(
        'CONNECTOR_CONNECT_FAILED',
        `Connector ${target.id} could not connect: ${rootReason(error)}`,
        { cause: error },
      )
    : toConnectError(failure, error, target, limits);
}
