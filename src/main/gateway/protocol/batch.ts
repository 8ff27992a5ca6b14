import { type Incoming, RpcError } from '../../mcp/json-rpc.ts';
import type { RequestId } from '../messages/exchange.ts';
import { RPC_INVALID_REQUEST } from '../messages/rpc-errors.ts';
import { writeError } from '../messages/write-message.ts';
import { isModern } from './modern-envelope.ts';

/** The last revision with batches (MCP 2025-06-18, changelog). */
const LAST_BATCH_REVISION = '2025-03-26';

/**
 * Revision assumed for a client that neither opened a session nor names a revision (MCP 2025-06-18, protocol version
 * header).
 */
export const ASSUMED_REVISION = LAST_BATCH_REVISION;

/** Maximum number of messages in one batch. */
const MAX_MESSAGES = 100;

/** Maximum characters of JSON in the response to one batch. */
const MAX_ANSWER_LENGTH = 16 * 1024 * 1024;

/** Returns why a batch is rejected as a whole, or null if it is accepted. */
export function batchFault(messages: readonly unknown[], revision: string): string | null {
  if (revision > LAST_BATCH_REVISION) return `MCP revision ${revision} does not support batches`;
  if (messages.length === 0) return 'The batch is empty';
  return messages.length > MAX_MESSAGES ? `A batch has at most ${MAX_MESSAGES} messages` : null;
}

/** Returns why a message cannot be part of a batch, or null if it can. */
export function misplaced(message: Incoming): string | null {
  if (message.kind !== 'request') return null;
  if (message.method === 'initialize') return 'The handshake cannot be part of a batch';
  return isModern(message.method, message.params, null) ? 'This MCP revision does not support batches' : null;
}

/** Collects the responses to the requests of one batch (JSON-RPC 2.0 section 6). */
export class BatchAnswers {
  #waiting: string[] = [];
  #length = 0;

  /** Adds a response. A response that would make the batch too long is replaced by an error. */
  add(id: RequestId | undefined, json: string): void {
    this.#length += json.length;
    if (this.#length <= MAX_ANSWER_LENGTH) this.#waiting.push(json);
    else {
      this.#length -= json.length;
      const why = 'The responses to this batch are too long: send its requests one by one';
      this.#waiting.push(writeError(id, new RpcError(RPC_INVALID_REQUEST, why)));
    }
  }

  /** Returns the responses added since the last call. */
  take(): readonly string[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
