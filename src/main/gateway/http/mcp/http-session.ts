import { monotonicMs } from '../../../../shared/clock.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { ClientSession, type SessionFacts } from '../../protocol/notices/client-session.ts';
import type { HttpReply } from './reply.ts';

/** Notices that wait for the client to open its stream. */
const MAX_WAITING = 100;

/** What is done with the notices of a session that other replicas serve as well. */
export interface NoticeRelay {
  /** The client has opened its stream here. */
  attached(): void;
  /** A notice went over the stream. */
  sent(notice: JsonObject): void;
  /** There is no stream here that a notice could go over. */
  unsent(notice: JsonObject): void;
  /** Asks where the client has its stream, as there is none here. False if it has none. */
  asks(question: JsonObject): Promise<boolean>;
}

/**
 * A session over HTTP (MCP 2025-11-25, session management). Its notices go over the stream that the client opened, or
 * wait until it opens one.
 */
export class HttpSession {
  readonly client: ClientSession;
  #stream: HttpReply | null = null;
  /** By subject: of several changes to one thing the client needs only one notice. */
  readonly #waiting = new Map<unknown, JsonObject>();
  #usedMs: number = monotonicMs();
  /** Null without other replicas. With one, notices do not wait here for a stream. */
  relay: NoticeRelay | null = null;
  /** Resolves once this replica knows what others know about the session; null when it does, and without others. */
  arriving: Promise<void> | null = null;

  constructor(facts: SessionFacts) {
    this.client = new ClientSession(facts, (message) => this.#write(message));
  }

  get isArriving(): boolean {
    return this.arriving !== null;
  }

  get hasStream(): boolean {
    return this.#stream !== null;
  }

  /** How long nobody has used it; 0 while it is in use. */
  get idleMs(): number {
    return this.#stream !== null || this.client.running.size > 0 ? 0 : monotonicMs() - this.#usedMs;
  }

  /** Only the session table may call this: it keeps the order of use. */
  touch(): void {
    this.#usedMs = monotonicMs();
  }

  /** Sends notices over this stream from now on. Ends an earlier stream: the client must have lost it. */
  attach(stream: HttpReply): void {
    this.#stream?.close();
    this.#stream = stream;
    stream.openStream();
    for (const message of this.#waiting.values()) stream.send(message);
    this.#waiting.clear();
    this.relay?.attached();
  }

  /** Ends the stream: the client has another one. */
  closeStream(): void {
    const stream = this.#stream;
    this.#stream = null;
    stream?.close();
  }

  detach(stream: HttpReply): void {
    if (this.#stream === stream) this.#stream = null;
  }

  close(): void {
    this.client.close();
    this.#stream?.close();
  }

  /** Sends what another replica has for the client. False if the client's stream is not here. */
  pass(message: JsonObject): boolean {
    return this.#stream?.send(message) === true;
  }

  #write(message: JsonObject): boolean | Promise<boolean> {
    const isSent = this.#stream?.send(message) === true;
    // Nobody would answer a question that waits for a stream.
    if (message.id !== undefined) return isSent || (this.relay?.asks(message) ?? false);
    if (this.relay !== null) {
      if (isSent) this.relay.sent(message);
      else this.relay.unsent(message);
      return true;
    }
    if (isSent) return true;
    const key = keyOf(message);
    if (this.#waiting.size < MAX_WAITING || this.#waiting.has(key)) this.#waiting.set(key, message);
    return true;
  }
}

/** The same for two changes of one thing; a key of its own for any other message. */
function keyOf(message: JsonObject): unknown {
  const { method, params } = message;
  const isChange = String(method).endsWith('list_changed') || method === 'notifications/resources/updated';
  return isChange ? `${String(method)} ${isObject(params) ? String(params.uri) : ''}` : message;
}
