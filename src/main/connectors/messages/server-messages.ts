import type { HostSide } from '../../mcp/host-side.ts';
import type { FromServer, JsonObject } from '../../mcp/json-rpc.ts';
import type { MessageRecord } from '../../recording/recording-format.ts';
import type { ConnectionEvents, ConnectorTarget } from '../connection/connection.ts';
import type { MessageChannel } from './message-channel.ts';
import { ServerRequests } from './server-requests.ts';

/** The connector that the messages belong to. */
type ServerTarget = Pick<ConnectorTarget, 'id' | 'record'>;

/** Delivers the messages from a server that are not responses: requests to the host, notifications to the connector. */
export class ServerMessages {
  readonly #host: HostSide;
  readonly #events: ConnectionEvents;
  readonly #requests: ServerRequests;
  readonly #record: MessageRecord | undefined;
  #isUp = false;

  /** `channel` returns the channel over which requests from the server are answered. */
  constructor(channel: () => MessageChannel, target: ServerTarget, host: HostSide, events: ConnectionEvents) {
    const { id: connectorId, record } = target;
    this.#host = host;
    this.#events = events;
    this.#record = record;
    const answers: ConstructorParameters<typeof ServerRequests>[0] = {
      answer: (id, answer) => {
        record?.note('client', { jsonrpc: '2.0', id, ...answer });
        return channel().answer(id, answer);
      },
    };
    this.#requests = new ServerRequests(answers, connectorId);
  }

  /** Whether the connection is up: its handshake is done, and it is not closed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Marks the handshake as done. Notifications that arrive later are delivered to the connector. */
  up(): void {
    this.#isUp = true;
  }

  /** Marks the connection as closed. Aborts its requests in progress, and delivers no later notifications. */
  down(): void {
    this.#isUp = false;
    this.#requests.stop();
  }

  take(message: FromServer, answeredBy: HostSide = this.#host): void {
    if (this.#record !== undefined) this.#record.note('server', asSent(message));
    if (message.kind === 'request' || message.method === 'notifications/cancelled')
      this.#requests.take(message, answeredBy);
    else if (!this.#isUp) return;
    else if (message.method === 'notifications/tools/list_changed') this.#events.onToolsChanged();
    else this.#events.onNotification?.(message.method, message.params);
  }
}

function asSent(message: FromServer): JsonObject {
  const { method, params } = message;
  return { jsonrpc: '2.0', ...(message.kind === 'request' && { id: message.id }), method, params };
}
