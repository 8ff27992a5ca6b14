import { monotonicMs } from '../../../../shared/clock.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { ClientSession, type SessionFacts } from '../../protocol/notices/client-session.ts';
import type { HttpReply } from './reply.ts';

/** Maximum number of notifications that wait for the client to open its stream. */
const MAX_WAITING = 100;

/** Handles the notifications of a session that other replicas serve as well. */
export interface NoticeRelay {
  /** Called when the client has opened its stream at this replica. */
  attached(): void;
  /** Called when a notification went over the stream. */
  sent(notice: JsonObject): void;
  /** Called when this replica has no stream for a notification. */
  unsent(notice: JsonObject): void;
  /**
   * Sends a server request through the replica with the client's stream, because this replica has no stream. Resolves
   * with false if no replica has a stream.
   */
  asks(question: JsonObject): Promise<boolean>;
}

/**
 * Session over HTTP (MCP 2025-11-25, session management). Its notifications go over the stream that the client opened,
 * or wait until it opens one.
 */
export class HttpSession {
  readonly client: ClientSession;
  #stream: HttpReply | null = null;
  /** Waiting notifications by subject, so that several changes of the same thing cause only one notification. */
  readonly #waiting = new Map<unknown, JsonObject>();
  #usedMs: number = monotonicMs();
  /** Null without other replicas. If there is a relay, notifications go to it instead of waiting for a stream. */
  relay: NoticeRelay | null = null;
  /**
   * Resolves once this replica has received the session state from the other replicas. Null afterwards, and always null
   * if there are no other replicas.
   */
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

  /** Time since the session was last used; 0 while it is in use. */
  get idleMs(): number {
    return this.#stream !== null || this.client.running.size > 0 ? 0 : monotonicMs() - this.#usedMs;
  }

  /** Marks the session as used. Only the session table may call this, because the table keeps the order of use. */
  touch(): void {
    this.#usedMs = monotonicMs();
  }

  /** Sends all further notifications over this stream. Ends an earlier stream, because the client must have lost it. */
  attach(stream: HttpReply): void {
    this.#stream?.close();
    this.#stream = stream;
    stream.openStream();
    for (const message of this.#waiting.values()) stream.send(message);
    this.#waiting.clear();
    this.relay?.attached();
  }

  /** Ends the stream, because the client has opened another stream. */
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

  /**
   * Sends a message that another replica has for the client. Returns false if this replica does not have the client's
   * stream.
   */
  pass(message: JsonObject): boolean {
    return this.#stream?.send(message) === true;
  }

  #write(message: JsonObject): boolean | Promise<boolean> {
    const isSent = this.#stream?.send(message) === true;
    // A server request is not kept until a stream opens, because it might never be answered.
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

/** Returns the same key for two changes of one thing, and a unique key for any other message. */
function keyOf(message: JsonObject): unknown {
  const { method, params } = message;
  const isChange = String(method).endsWith('list_changed') || method === 'notifications/resources/updated';
  return isChange ? `${String(method)} ${isObject(params) ? String(params.uri) : ''}` : message;
}
