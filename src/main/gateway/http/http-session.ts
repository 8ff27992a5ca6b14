import { monotonicMs } from '../../../shared/clock.ts';
import type { JsonObject } from '../../connectors/streamable-http/json-rpc.ts';
import { ClientSession } from '../protocol/client-session.ts';
import type { HttpReply } from './reply.ts';

/** Notices that wait for the client to open its stream. */
const MAX_WAITING = 100;

/** A session over HTTP (MCP 2025-11-25, session management): its notices go over the stream that the client opened, or wait for one. */
export class HttpSession {
  readonly client: ClientSession;
  #stream: HttpReply | null = null;
  #waiting: JsonObject[] = [];
  #usedMs: number = monotonicMs();

  constructor(facts: Pick<ClientSession, 'id' | 'principal' | 'view' | 'revision' | 'capabilities'>) {
    this.client = new ClientSession(facts, (message) => this.#write(message));
  }

  /** For how long nobody has used it. */
  get idleMs(): number {
    return this.#stream !== null || this.client.running.size > 0 ? 0 : monotonicMs() - this.#usedMs;
  }

  touch(): void {
    this.#usedMs = monotonicMs();
  }

  /** Has notices go over this stream; one that was there ends, since its client opens another only when it has lost it. */
  attach(stream: HttpReply): void {
    this.#stream?.close();
    this.#stream = stream;
    stream.openStream();
    for (const message of this.#waiting) stream.send(message);
    this.#waiting = [];
  }

  detach(stream: HttpReply): void {
    if (this.#stream === stream) this.#stream = null;
    this.touch();
  }

  close(): void {
    this.client.close();
    this.#stream?.close();
  }

  #write(message: JsonObject): boolean {
    if (this.#stream?.send(message) === true) return true;
    // A question that nobody hears would wait in vain.
    if (message.id !== undefined) return false;
    const isWaiting = this.#waiting.some(({ method, params }) => isSame({ method, params }, message));
    if (!isWaiting && this.#waiting.length < MAX_WAITING) this.#waiting.push(message);
    return true;
  }
}

function isSame(a: JsonObject, { method, params }: JsonObject): boolean {
  return a.method === method && JSON.stringify(a.params) === JSON.stringify(params);
}
