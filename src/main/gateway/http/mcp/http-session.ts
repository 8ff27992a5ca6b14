import { monotonicMs } from '../../../../shared/clock.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { ClientSession } from '../../protocol/notices/client-session.ts';
import type { HttpReply } from './reply.ts';

/** Notices that wait for the client to open its stream. */
const MAX_WAITING = 100;

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

  constructor(facts: Pick<ClientSession, 'id' | 'principal' | 'view' | 'revision' | 'capabilities'>) {
    this.client = new ClientSession(facts, (message) => this.#write(message));
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
  }

  detach(stream: HttpReply): void {
    if (this.#stream === stream) this.#stream = null;
  }

  close(): void {
    this.client.close();
    this.#stream?.close();
  }

  #write(message: JsonObject): boolean {
    if (this.#stream?.send(message) === true) return true;
    // Nobody would answer a question that waits for a stream.
    if (message.id !== undefined) return false;
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
