import type { HostSide } from '../../mcp/host-side.ts';
import type { FromServer } from '../../mcp/json-rpc.ts';
import type { ConnectionEvents } from '../connection/connection.ts';
import type { MessageChannel } from './message-channel.ts';
import { ServerRequests } from './server-requests.ts';

/** Delivers what a server sends besides answers: its requests to the host, its notices to the connector. */
export class ServerMessages {
  readonly #host: HostSide;
  readonly #events: ConnectionEvents;
  readonly #requests: ServerRequests;
  #isUp = false;

  /** `channel` is asked for once a request has to be answered. */
  constructor(channel: () => MessageChannel, connectorId: string, host: HostSide, events: ConnectionEvents) {
    this.#host = host;
    this.#events = events;
    this.#requests = new ServerRequests({ answer: (id, answer) => channel().answer(id, answer) }, connectorId);
  }

  /** Whether the connection is up: after its handshake, and until it is closed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** The handshake is done: notices go to the connector from now on. */
  up(): void {
    this.#isUp = true;
  }

  /** The connection is closed: nothing goes anywhere any more. */
  down(): void {
    this.#isUp = false;
    this.#requests.stop();
  }

  take(message: FromServer, answeredBy: HostSide = this.#host): void {
    if (message.kind === 'request' || message.method === 'notifications/cancelled')
      this.#requests.take(message, answeredBy);
    else if (!this.#isUp) return;
    else if (message.method === 'notifications/tools/list_changed') this.#events.onToolsChanged();
    else this.#events.onNotification?.(message.method, message.params);
  }
}
