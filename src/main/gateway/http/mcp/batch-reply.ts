import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { RequestId } from '../../messages/exchange.ts';
import { BatchAnswers } from '../../protocol/batch.ts';
import type { HttpReply, Reply } from './reply.ts';

/**
 * Reply to one HTTP request with a batch (MCP 2025-03-26, Streamable HTTP). The reply is one JSON array, or a stream
 * with one event for each response. A stream is used if anything precedes the last response, or if the client accepts
 * only streams.
 */
export class BatchReply {
  readonly #reply: HttpReply;
  readonly #answers = new BatchAnswers();

  constructor(reply: HttpReply) {
    this.#reply = reply;
  }

  /** Creates the reply to one request of the batch. */
  place(id: RequestId | undefined): Reply {
    let isOver = false;
    return {
      acceptsStream: this.#reply.acceptsStream,
      // The pieces of one response would be mixed with other responses of the batch.
      takesPieces: false,
      beginInTime: () => {},
      send: (message: JsonObject) => !isOver && this.#reply.send(message),
      openLarge: () => ({ write: () => true }),
      end: (json) => {
        isOver = true;
        this.#answers.add(id, json);
        if (this.#reply.isStream) this.#flush();
      },
      endLarge: () => {},
    };
  }

  /** Ends the reply once every request has its response. */
  end(): void {
    if (this.#reply.isStream || (!this.#reply.acceptsJson && this.#reply.openStream())) {
      this.#flush();
      this.#reply.close();
    } else this.#reply.end(`[${this.#answers.take().join(',')}]`);
  }

  #flush(): void {
    for (const json of this.#answers.take()) this.#reply.sendJson(json);
  }
}
