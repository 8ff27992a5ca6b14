import { once } from 'node:events';
import { SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { nextTurn, settledWithin } from '../../../../shared/clock.ts';
import { messageOf } from '../../../../shared/errors.ts';
import { isObject, type JsonObject, RPC_INTERNAL_ERROR } from '../../../mcp/json-rpc.ts';
import { printable, say } from '../../terminal/output.ts';
import { MessageTap } from './message-tap.ts';

/** How long to wait for pending responses after the client has disconnected, in milliseconds. */
const LEAVE_MS = 10_000;

type Transport = StreamableHTTPClientTransport | SSEClientTransport;
type Sent = Parameters<SSEClientTransport['send']>[0];

/**
 * Callbacks for a recording. `client` and `server` are called with each message from that side. `lost` is called with
 * the reason if a message cannot be recorded.
 */
export interface Notes {
  readonly client: (message: JsonObject) => void;
  readonly server: (message: JsonObject) => void;
  readonly lost: (why: string) => void;
}

/**
 * Relays messages between the client on the standard streams and a server at a URL. Uses Streamable HTTP, or SSE if the
 * server is too old for Streamable HTTP. Resolves once the client has disconnected or `interrupted` has resolved.
 */
export async function relayAddress(
  url: URL,
  headers: Readonly<Record<string, string>>,
  notes: Notes,
  interrupted: Promise<number>,
): Promise<void> {
  const relay = new AddressRelay(url, { ...headers }, notes.server);
  const tap = new MessageTap((message) => {
    notes.client(message);
    relay.send(message);
  }, notes.lost);
  const { stdin } = process;
  stdin.on('data', (chunk: Buffer) => tap.take(chunk));
  const left = once(stdin, 'end').then(() => settledWithin(relay.idle(), LEAVE_MS));
  await Promise.race([left, interrupted]);
  stdin.destroy();
  await relay.close();
}

/** Relays messages to and from one URL, and tracks the client's requests that have no response yet. */
class AddressRelay {
  readonly #url: URL;
  readonly #requestInit: { readonly headers: Record<string, string> };
  readonly #onServer: (message: JsonObject) => void;
  readonly #waiting = new Map<unknown, string>();
  /**
   * Errors that the transport's `send` has thrown. The client gets such an error as the response to its request, so
   * `onerror` does not print it.
   */
  readonly #thrown = new WeakSet<object>();
  #transport: Promise<Transport>;
  #idle = Promise.withResolvers<void>();

  constructor(url: URL, headers: Record<string, string>, onServer: (message: JsonObject) => void) {
    this.#url = url;
    this.#requestInit = { headers };
    this.#onServer = onServer;
    this.#transport = this.#start(new StreamableHTTPClientTransport(url, { requestInit: this.#requestInit }));
  }

  /** Sends a message from the client to the server. If a request cannot be sent, answers the client with an error. */
  send(message: JsonObject): void {
    const { id, method } = message;
    if (typeof method === 'string' && id !== undefined) this.#waiting.set(id, method);
    this.#forward(message).catch((error: unknown) => {
      const reason = `The server cannot be reached: ${messageOf(error)}`;
      if (this.#waiting.has(id))
        this.#take({ jsonrpc: '2.0', id, error: { code: RPC_INTERNAL_ERROR, message: reason } });
      else say(printable(reason));
    });
  }

  /** Resolves once every request of the client has a response. */
  async idle(): Promise<void> {
    while (this.#waiting.size > 0) await this.#idle.promise;
  }

  /** Ends the session, if there is one, and closes the connection. Never rejects. */
  async close(): Promise<void> {
    const transport = await this.#transport.catch(() => null);
    if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession().catch(() => {});
    await transport?.close().catch(() => {});
  }

  async #forward(message: JsonObject): Promise<void> {
    const transport = await this.#transport;
    try {
      await transport.send(message as unknown as Sent);
    } catch (error) {
      if (error instanceof Error) this.#thrown.add(error);
      if (message.method !== 'initialize' || transport instanceof SSEClientTransport) throw error;
      // An older server refuses the POST and offers an SSE stream at the same URL (MCP 2025-03-26, transports).
      const stream = new SSEClientTransport(this.#url, { requestInit: this.#requestInit });
      const older = this.#start(stream);
      await older.catch(async () => {
        // A stream that is not closed would reconnect every few seconds and keep the process alive.
        await stream.close().catch(() => {});
        throw error;
      });
      this.#transport = older;
      await (await older).send(message as unknown as Sent);
    }
  }

  async #start<T extends Transport>(transport: T): Promise<T> {
    transport.onmessage = (message) => {
      if (isObject(message)) this.#take(message);
    };
    // The transport calls `onerror` before it throws the same error. The handler waits for one turn of the event loop.
    // By then, `#thrown` contains an error that was thrown.
    transport.onerror = (error) =>
      void nextTurn().then(() => {
        if (!this.#thrown.has(error)) say(printable(messageOf(error)));
      });
    await transport.start();
    return transport;
  }

  /** Records a message from the server and writes it to the client. */
  #take(message: JsonObject): void {
    const { id, method, result } = message;
    if (method === undefined && this.#waiting.get(id) === 'initialize' && isObject(result)) {
      const { protocolVersion } = result;
      if (typeof protocolVersion === 'string') void this.#speak(protocolVersion);
    }
    this.#onServer(message);
    process.stdout.write(`${JSON.stringify(message)}\n`);
    if (method !== undefined || !this.#waiting.delete(id)) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }

  async #speak(revision: string): Promise<void> {
    (await this.#transport).setProtocolVersion(revision);
  }
}
