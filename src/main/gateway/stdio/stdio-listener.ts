import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { SwitchyardError } from '../../../shared/errors.ts';
import { LineSplitter } from '../../connectors/stdio/line-splitter.ts';
import { asIncoming, isObject, type JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import { serveTraced } from '../../observability/telemetry/server-operation.ts';
import type { View } from '../catalog/view.ts';
import type { Gateway } from '../gateway.ts';
import { ANSWERED, type Exchange, type Outcome, progressTokenOf, type RequestId } from '../messages/exchange.ts';
import { RPC_INVALID_REQUEST, RPC_PARSE_ERROR } from '../messages/rpc-errors.ts';
import { writeError, writeResult } from '../messages/write-message.ts';
import { agreedRevision, initializeResult, legacyMethod } from '../protocol/legacy-methods.ts';
import { isModern, readEnvelope } from '../protocol/modern-envelope.ts';
import { discoverResult, listen } from '../protocol/modern-methods.ts';
import { ClientSession } from '../protocol/notices/client-session.ts';
import { servedMessage } from '../protocol/request-telemetry.ts';

export interface StdioOptions {
  readonly gateway: Gateway;
  readonly view: View;
  readonly input: Readable;
  readonly output: Writable;
  readonly maxMessageBytes: number;
}

type Request = Extract<ReturnType<typeof asIncoming>, { readonly kind: 'request' }>;

/** What a client may leave unread before it is read no further, and told nothing but answers. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Who is at the other end of a pair of pipes; there is only one. */
const PRINCIPAL = 'stdio';

const GONE = (): SwitchyardError => new SwitchyardError('TOOL_CALL_ABORTED', 'The client went away.');

/**
 * Serves one client over standard streams, a line a message (MCP 2025-06-18 and 2026-07-28, transports: stdio); each
 * request is of the era that it says. Resolves when the client closes its end or breaks the limit on a message, after
 * what was under way has been given up.
 */
export async function serveStdio(options: StdioOptions): Promise<void> {
  const client = new StdioClient(options);
  const lines = new LineSplitter(options.maxMessageBytes);
  const forget = options.gateway.addSessions(() => (client.session === null ? [] : [client.session]));
  try {
    for await (const chunk of options.input as AsyncIterable<Buffer>)
      for (const line of lines.push(chunk)) {
        if (line === null) return client.refuse(`A message is at most ${options.maxMessageBytes} bytes`);
        // A client that does not read what it is answered is not read either.
        if (options.output.writableLength > MAX_UNREAD_BYTES) await client.drained();
        if (line.trim() !== '') client.take(line);
      }
  } finally {
    forget();
    client.close();
  }
}

class StdioClient {
  readonly #options: StdioOptions;
  readonly #modern = new Map<RequestId, AbortController>();
  session: ClientSession | null = null;

  constructor(options: StdioOptions) {
    this.#options = options;
  }

  take(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.refuse('The line is no JSON', RPC_PARSE_ERROR);
      return;
    }
    const message = asIncoming(value);
    switch (message.kind) {
      case 'request':
        if (this.#modern.has(message.id) || this.session?.running.has(message.id) === true) {
          this.#write(writeError(message.id, new RpcError(RPC_INVALID_REQUEST, 'This id is in use')));
          return;
        }
        void (isModern(message.params, null) ? this.#answerModern(message) : this.#answerLegacy(message));
        return;
      case 'notification':
        void serveTraced(
          servedMessage(message, null, () => this.session),
          async () => this.#takeNotice(message.method, message.params),
        );
        return;
      case 'result':
      case 'error':
        this.session?.take(message.id, value as JsonObject);
        return;
      case 'junk':
        this.refuse('The line is no JSON-RPC 2.0 message');
    }
  }

  #takeNotice(method: string, { requestId }: JsonObject): void {
    if (method !== 'notifications/cancelled') return;
    this.session?.cancel(requestId);
    this.#modern.get(requestId as RequestId)?.abort(GONE());
  }

  /** Resolves once what was written has been read, or nobody will. */
  async drained(): Promise<void> {
    const { output } = this.#options;
    await Promise.race([once(output, 'drain'), once(output, 'close')]).catch(() => {});
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

  async #answerModern({ id, method, params }: Request): Promise<void> {
    const { gateway, view } = this.#options;
    let envelope: ReturnType<typeof readEnvelope>;
    try {
      envelope = readEnvelope(method, params, null);
    } catch (error) {
      return this.#write(writeError(id, error as RpcError));
    }
    const life = new AbortController();
    this.#modern.set(id, life);
    const exchange = this.#exchange({
      ...{ era: 'modern', id, signal: life.signal, ask: null, progressToken: progressTokenOf(params) },
      ...envelope,
    });
    await this.#serve(method, params, exchange, async (name) => {
      if (name === 'server/discover') return discoverResult(gateway.host);
      if (name !== 'subscriptions/listen') return null;
      const stream = { signal: life.signal, send: exchange.notify };
      return listen(params, id, view, stream, gateway);
    });
    this.#modern.delete(id);
  }

  async #answerLegacy(message: Request): Promise<void> {
    const { id, method, params } = message;
    if (method === 'initialize') return this.#initialize(message);
    const { session } = this;
    const life = new AbortController();
    session?.running.set(id, life);
    const exchange = this.#exchange({
      ...{ era: 'legacy', id, signal: life.signal, progressToken: progressTokenOf(params) },
      ask: session === null ? null : (asked, about, signal) => session.ask(asked, about, signal),
      capabilities: session?.capabilities ?? {},
      logLevel: session?.logLevel ?? null,
    });
    const { levels, watches } = this.#options.gateway;
    const parts = { levels, watches };
    await this.#serve(method, params, exchange, async (name) =>
      session === null
        ? name === 'ping'
          ? {}
          : null
        : legacyMethod(name, params, session, { ...parts, signal: life.signal }),
    );
    session?.running.delete(id);
  }

  /** The session is open when this returns: the client need not wait for the answer. */
  async #initialize(message: Request): Promise<void> {
    const { id, params } = message;
    const served = servedMessage(message, null, () => this.session);
    await serveTraced(served, async () => this.#openSession(id, params)).catch((error: unknown) =>
      this.#write(writeError(id, error as RpcError)),
    );
  }

  #openSession(id: RequestId, params: JsonObject): void {
    const { gateway, view } = this.#options;
    const revision = agreedRevision(params);
    const capabilities = isObject(params.capabilities) ? params.capabilities : {};
    this.close();
    const write = (message: JsonObject): boolean => {
      this.#write(JSON.stringify(message));
      return true;
    };
    const facts = { id: 'stdio', principal: PRINCIPAL, view, revision, capabilities };
    this.session = new ClientSession(facts, write, 'stdio');
    gateway.notices.add(this.session);
    this.#write(writeResult(id, initializeResult(revision, gateway.host), 'legacy'));
  }

  #exchange(
    parts: Pick<Exchange, 'era' | 'id' | 'signal' | 'ask' | 'capabilities' | 'logLevel' | 'progressToken'>,
  ): Exchange {
    return {
      ...parts,
      principal: PRINCIPAL,
      // There is only one.
      client: this,
      session: this.session,
      headers: null,
      notify: (method, params) => this.#tell({ jsonrpc: '2.0', method, params }),
      // A line is one message: pieces of it could not lie among others.
      openLarge: null,
    };
  }

  /** Never rejects. */
  async #serve(
    method: string,
    params: JsonObject,
    exchange: Exchange,
    own: (name: string) => Promise<Outcome | null>,
  ): Promise<void> {
    const { gateway, view } = this.#options;
    try {
      const outcome = await gateway.server.serve(method, params, exchange, view, own);
      if (outcome !== ANSWERED) this.#write(writeResult(exchange.id, outcome, exchange.era));
    } catch (error) {
      // What the client gave up it does not want to hear of any more.
      if (!exchange.signal.aborted) this.#write(writeError(exchange.id, error as RpcError));
    }
  }

  /** Says something that is no answer; where too much has not been read it is dropped. */
  #tell(message: JsonObject): void {
    if (this.#options.output.writableLength <= MAX_UNREAD_BYTES) this.#write(JSON.stringify(message));
  }

  #write(json: string): void {
    this.#options.output.write(`${json}\n`);
  }
}
