import type { Writable } from 'node:stream';
import type { Cancellation } from '../../../shared/cancellation.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { JsonFault } from '../../../shared/json/json-limits.ts';
import type { FirstSession } from '../../../shared/protocol/first-answers.ts';
import { wireRevisionOf } from '../../mcp/definitions/wire-revision.ts';
import { type asIncoming, type JsonObject, MODERN_REVISION, RpcError } from '../../mcp/json-rpc.ts';
import { RefusedMessage } from '../../mcp/refused-message.ts';
import { serveTraced } from '../../observability/telemetry/server-operation.ts';
import type { View } from '../catalog/view.ts';
import type { Gateway } from '../gateway.ts';
import { serverCapabilities } from '../messages/capabilities.ts';
import { asClientMessage, idOf, parseClientJson } from '../messages/client-message.ts';
import { ANSWERED, type Exchange, type Outcome, progressTokenOf, type RequestId } from '../messages/exchange.ts';
import type { LoginDoor } from '../messages/login-offer.ts';
import { RPC_INVALID_REQUEST, RPC_PARSE_ERROR } from '../messages/rpc-errors.ts';
import { writeError, writeResult } from '../messages/write-message.ts';
import { ASSUMED_REVISION, BatchAnswers, batchFault, misplaced } from '../protocol/batch.ts';
import { initializeResult, legacyMethod, sessionlessMethod } from '../protocol/legacy-methods.ts';
import { isModern, readEnvelope } from '../protocol/modern-envelope.ts';
import { discoverResult, listen } from '../protocol/modern-methods.ts';
import type { ClientSession } from '../protocol/notices/client-session.ts';
import { servedMessage } from '../protocol/request-telemetry.ts';
import { createStdioSession, PRINCIPAL } from './stdio-session.ts';

/** How a gateway serves one client over stdio. */
export interface StdioOptions {
  readonly gateway: Gateway;
  /** What the client sees: a result of `Gateway.view()`. */
  readonly view: View;
  readonly input: AsyncIterable<Buffer>;
  readonly output: Writable;
  /** Maximum bytes of one message of the client. */
  readonly maxMessageBytes: number;
  /** Lets the client's user log in to connectors; left out if no login is possible. */
  readonly logins?: LoginDoor;
  /** Messages answered and lists sent before the gateway existed; null or left out for none. @internal */
  readonly first?: FirstSession | null;
}

/** Sends a response as JSON. */
type Write = (json: string) => void;

type Request = Extract<ReturnType<typeof asIncoming>, { readonly kind: 'request' }>;

/** Maximum unread bytes. Beyond this limit, the client's messages are not read, and only responses are written. */
export const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

const GONE = (): SwitchyardError => new SwitchyardError('TOOL_CALL_ABORTED', 'The client disconnected.');

/** The client at the other end of two streams: handles its messages, and writes responses and notifications. */
export class StdioClient {
  readonly #options: StdioOptions;
  readonly #modern = new Map<RequestId, AbortController>();
  /** Signals of the requests that were answered. */
  readonly #over = new WeakSet<Cancellation>();
  session: ClientSession | null = null;
  /** Capabilities that the client declared last; null before that. */
  capabilities: JsonObject | null = null;

  constructor(options: StdioOptions) {
    this.#options = options;
  }

  take(line: string | RefusedMessage): void {
    let value: unknown;
    try {
      value = typeof line === 'string' ? parseClientJson(line) : line;
    } catch (error) {
      const why = error instanceof JsonFault ? error.message : 'is not valid JSON';
      this.refuse(`The line ${why}`, RPC_PARSE_ERROR);
      return;
    }
    if (value instanceof RefusedMessage) this.refuse(`The line ${value.reason}`, RPC_PARSE_ERROR);
    else if (Array.isArray(value)) void this.#takeBatch(value);
    else void this.#takeOne(value, (json) => this.#write(json));
  }

  /** Handles one message; `write` gets the response to a request. Never rejects. */
  async #takeOne(value: unknown, write: Write): Promise<void> {
    const message = asClientMessage(value);
    switch (message.kind) {
      case 'request':
        if (this.#modern.has(message.id) || this.session?.running.has(message.id) === true)
          write(writeError(message.id, new RpcError(RPC_INVALID_REQUEST, 'A request with this id is already running')));
        else if (isModern(message.method, message.params, null)) await this.#answerModern(message, write);
        else await this.#answerLegacy(message, write);
        return;
      case 'notification':
        await serveTraced(
          servedMessage(message, null, () => this.session),
          async () => this.#takeNotice(message.method, message.params),
        );
        return;
      case 'result':
      case 'error':
        this.session?.take(message.id, value as JsonObject);
        return;
      case 'junk':
        write(writeError(idOf(value), new RpcError(RPC_INVALID_REQUEST, 'This is not a JSON-RPC 2.0 message')));
    }
  }

  #takeNotice(method: string, { requestId }: JsonObject): void {
    if (method !== 'notifications/cancelled') return;
    this.session?.cancel(requestId);
    this.#modern.get(requestId as RequestId)?.abort(GONE());
  }

  /** Answers a batch of revision 2025-03-26 or older on one line (MCP 2025-03-26, batching). Never rejects. */
  async #takeBatch(values: readonly unknown[]): Promise<void> {
    const fault = batchFault(values, this.session?.revision ?? ASSUMED_REVISION);
    if (fault !== null) return this.refuse(fault);
    const answers = new BatchAnswers();
    const taking = values.map(async (value) => {
      const id = idOf(value);
      const why = misplaced(asClientMessage(value));
      if (why === null) await this.#takeOne(value, (json) => answers.add(id, json));
      else answers.add(id, writeError(id, new RpcError(RPC_INVALID_REQUEST, why)));
    });
    await Promise.all(taking);
    const written = answers.take();
    if (written.length > 0) this.#write(`[${written.join(',')}]`);
  }

  refuse(why: string, code = RPC_INVALID_REQUEST): void {
    this.#write(writeError(undefined, new RpcError(code, why)));
  }

  close(): void {
    for (const running of this.#modern.values()) running.abort(GONE());
    if (this.session === null) return;
    this.session.close();
    this.#options.gateway.notices.remove(this.session);
    this.#options.gateway.levels.want(this.session, null);
  }

  async #answerModern({ id, method, params }: Request, write: Write): Promise<void> {
    const { gateway, view } = this.#options;
    let envelope: ReturnType<typeof readEnvelope>;
    try {
      envelope = readEnvelope(method, params, null);
    } catch (error) {
      return write(writeError(id, error as RpcError));
    }
    this.capabilities = envelope.capabilities;
    const life = new AbortController();
    this.#modern.set(id, life);
    const era = { era: 'modern', revision: wireRevisionOf(MODERN_REVISION), ask: null } as const;
    const progressToken = progressTokenOf(params);
    const exchange = this.#exchange({ ...era, id, signal: life.signal, progressToken, ...envelope });
    await this.#serve(method, params, exchange, write, async (name) => {
      if (name === 'server/discover') return discoverResult(view.mayServeUi(), gateway.host);
      if (name !== 'subscriptions/listen') return null;
      const stream = { signal: life.signal, send: exchange.notify, principal: PRINCIPAL };
      return listen(params, id, view, stream, gateway);
    });
    this.#modern.delete(id);
  }

  async #answerLegacy(message: Request, write: Write): Promise<void> {
    const { id, method, params } = message;
    if (method === 'initialize') return this.#initialize(message);
    const { session } = this;
    const life = new AbortController();
    session?.running.set(id, life);
    const exchange = this.#exchange({
      revision: wireRevisionOf(session?.revision ?? null),
      ...{ era: 'legacy', id, signal: life.signal, progressToken: progressTokenOf(params) },
      ask: session === null ? null : (asked, about, signal) => session.ask(asked, about, signal),
      capabilities: session?.capabilities ?? {},
      ...{ logLevel: session?.logLevel ?? null, clientName: session?.clientName ?? null },
    });
    const { levels, watches } = this.#options.gateway;
    await this.#serve(method, params, exchange, write, async (name) =>
      session === null
        ? sessionlessMethod(name)
        : legacyMethod(name, params, session, { levels, watches, signal: life.signal }),
    );
    session?.running.delete(id);
  }

  /** Handles the handshake. The session is open when this returns, because clients need not await the response. */
  async #initialize(message: Request): Promise<void> {
    const { id, params } = message;
    const served = servedMessage(message, null, () => this.session);
    const open = async (): Promise<void> => {
      const session = this.openSession(params);
      this.#options.gateway.notices.add(session);
      const { gateway, view } = this.#options;
      const claimed = serverCapabilities({ hasNotices: true, servesUi: view.mayServeUi() });
      this.#write(writeResult(id, initializeResult(session.revision, claimed, gateway.host), 'legacy'));
    };
    await serveTraced(served, open).catch((error: unknown) => this.#write(writeError(id, error as RpcError)));
  }

  /** Opens the session that `initialize` requests, and drops an earlier session. Throws an RpcError. */
  openSession(params: JsonObject): ClientSession {
    const session = createStdioSession(params, this.#options.view, (json) => this.#write(json));
    this.capabilities = session.capabilities;
    this.close();
    this.session = session;
    return session;
  }

  /** Creates the exchange of a request. There is only one client. */
  #exchange(parts: Omit<Exchange, 'principal' | 'client' | 'headers' | 'notify' | 'openLarge'>): Exchange {
    return {
      ...{ ...parts, principal: PRINCIPAL, client: this, session: this.session },
      logins: this.#options.logins ?? null,
      tell: (method, params) => this.#tell({ jsonrpc: '2.0', method, params }),
      headers: null,
      notify: (method, params) => {
        // Clients that receive progress of a finished request think that the server is broken, and end the connection.
        if (!parts.signal.aborted && !this.#over.has(parts.signal)) this.#tell({ jsonrpc: '2.0', method, params });
      },
      // Each line is one whole message, so the pieces of a result could not be interleaved with other messages.
      openLarge: null,
    };
  }

  /** Serves one request and writes its response. Never rejects. */
  async #serve(
    method: string,
    params: JsonObject,
    exchange: Exchange,
    write: Write,
    own: (name: string) => Promise<Outcome | null>,
  ): Promise<void> {
    const { gateway, view } = this.#options;
    try {
      const outcome = await gateway.server.serve(method, params, exchange, view, own);
      if (outcome !== ANSWERED) write(writeResult(exchange.id, outcome, exchange.era));
    } catch (error) {
      // The client wants no response to a request that it cancelled.
      if (!exchange.signal.aborted) write(writeError(exchange.id, error as RpcError));
    } finally {
      this.#over.add(exchange.signal);
    }
  }

  /** Sends a message that is not a response. The message is dropped if the client has left too much unread. */
  #tell(message: JsonObject): void {
    if (this.#options.output.writableLength <= MAX_UNREAD_BYTES) this.#write(JSON.stringify(message));
  }

  #write(json: string): void {
    this.#options.output.write(`${json}\n`);
  }
}
